/** What a person may set about privacy, at the command line and over HTTP alike; each setting with its reason in the audit. */
import { readReason } from '../audit/reasons.ts';
import { writeActor } from '../domain/actor.ts';
import type { OrgTree } from '../domain/org.ts';
import { type PrivacySettings, privacyFaults, privacyFor } from '../domain/privacy/settings.ts';
import type { By } from '../store/changes.ts';
import { OrgRefusal } from '../store/failures.ts';
import type { KeptPrivacyNode, PrivacyStore } from '../store/privacy.ts';
import { pathTo, type RulePlace } from '../verdicts/rule-places.ts';

export type NewPrivacy = RulePlace & {
  /** What is left out is inherited from above; they take the place of all that were set there before. */
  settings: Partial<PrivacySettings>;
  reason: string;
};

export type PrivacyChanges = {
  nodes(): Promise<KeptPrivacyNode[]>;
  /** @throws OrgRefusal `unit-unknown`, `window-unknown` */
  inForce(place: RulePlace): Promise<PrivacySettings>;
  /** @throws OrgRefusal `unit-unknown`, `window-unknown`, `reason-invalid`, `privacy-invalid` */
  set(by: By, asked: NewPrivacy): Promise<{ node: string }>;
};

export type PrivacyChangesDeps = {
  store: PrivacyStore;
  tree: () => OrgTree | Promise<OrgTree>;
  now: () => number;
};

export function createPrivacyChanges({ store, tree, now }: PrivacyChangesDeps): PrivacyChanges {
  return {
    nodes: () => store.nodes(),
    async inForce(place) {
      const path = pathTo(await tree(), place);
      return privacyFor(path, new Map((await store.nodes()).map((node) => [node.nodeId, node])));
    },
    async set(by, { settings, reason, ...place }) {
      const why = readReason(reason);
      const nodeId = pathTo(await tree(), place).at(-1) as string;
      const faults = privacyFaults(settings);
      if (faults.length > 0)
        throw new OrgRefusal(
          'privacy-invalid',
          faults.map(({ field, message }) => `${field}: ${message}`).join('; '),
        );
      return store.change(async (tx) => {
        await tx.set({ nodeId, settings, reason: why, madeAt: now(), madeBy: writeActor(by.actor) });
        const detail = { reason: why, node: nodeId, settings };
        return tx.audited(
          { by, action: 'privacy.set', target: { kind: 'privacy' }, detail },
          { node: nodeId },
        );
      });
    },
  };
}
