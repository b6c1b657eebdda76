/** What a person may set about alerts: versions are added, each with its reason in the audit; and what a rule is to be expected to do. */
import { readReason } from '../audit/reasons.ts';
import { writeActor } from '../domain/actor.ts';
import { alertFaults } from '../domain/alerts/alert-faults.ts';
import { type AlertSettings, DEFAULT_ALERTS } from '../domain/alerts/alert-settings.ts';
import { type Expected, expectedOf, heightForWanted } from '../domain/alerts/rising.ts';
import type { Calendar } from '../domain/calendar.ts';
import type { OrgTree } from '../domain/org.ts';
import type { SettingFault } from '../domain/refusals.ts';
import { StatisticsRefusal } from '../domain/statistics/refusal.ts';
import { type SettingsInForce, settingsFor, spanFaults } from '../domain/verdicts/rule-versions.ts';
import type { AlertStore, AlertVersion, KeptAlertVersion } from '../store/alerts.ts';
import type { By } from '../store/changes.ts';
import { OrgRefusal } from '../store/failures.ts';
import { pathTo, type RulePlace, windowsBelow } from '../verdicts/rule-places.ts';

export type NewAlertRules = RulePlace & {
  /** Local dates, YYYY-MM-DD; `validFrom` null: today. `validTo` is the last day, null: until further notice. */
  validFrom: string | null;
  validTo: string | null;
  settings: Partial<AlertSettings>;
  reason: string;
};

export type PreviewAsked = RulePlace & {
  usual: number;
  watched: number;
  closesAt?: number | undefined;
} & ({ height: number } | { alarmsADay: number });

export type Preview = Expected & {
  windows: number;
  /** Of the last six days and today; null without votes. What is `usual` should not be below it. */
  unsatisfiedShare: number | null;
};

/** What the votes of these windows have come to lately. */
export type RecentVotes = (windowKeys: readonly number[]) => Promise<{
  votesADay: number;
  unsatisfiedShare: number | null;
}>;

export type AlertRules = {
  versions(): Promise<KeptAlertVersion[]>;
  /** @throws OrgRefusal `unit-unknown`, `window-unknown` */
  inForce(place: RulePlace): Promise<SettingsInForce<AlertSettings>>;
  /** @throws OrgRefusal `unit-unknown`, `window-unknown`, `reason-invalid`, `rule-past`, and the codes of faults in them */
  add(by: By, rules: NewAlertRules): Promise<{ node: string; version: number }>;
  /** @throws OrgRefusal `unit-unknown`, `window-unknown`, `alert-rule-invalid` */
  preview(asked: PreviewAsked): Promise<Preview>;
};

export type AlertRulesDeps = {
  store: AlertStore;
  tree: () => OrgTree | Promise<OrgTree>;
  calendar: Calendar;
  now: () => number;
  recentVotes: RecentVotes;
};

export function createAlertRules({ store, tree, calendar, now, recentVotes }: AlertRulesDeps): AlertRules {
  const today = () => calendar.nameOf(calendar.dayOf(now()));
  return {
    versions: store.ruleVersions,
    async inForce(place) {
      const path = pathTo(await tree(), place);
      return settingsFor(path, today(), await store.ruleVersions(), DEFAULT_ALERTS);
    },
    async add(by, { validFrom, validTo, settings, reason, ...place }) {
      const why = readReason(reason);
      const nodeId = pathTo(await tree(), place).at(-1) as string;
      return store.change(async (tx) => {
        const versions = await tx.ruleVersions();
        const own = versions.filter((one) => one.nodeId === nodeId);
        const version = Math.max(0, ...own.map((one) => one.version)) + 1;
        const next: AlertVersion = {
          nodeId,
          version,
          validFrom: validFrom ?? today(),
          validTo,
          settings,
        };
        refuse([...alertFaults(settings), ...spanFaults(next, versions)]);
        if (next.validFrom < today())
          throw new OrgRefusal(
            'rule-past',
            `${validFrom} has passed: alerts are opened as things happen, so give today or a later day`,
          );
        await tx.addRules({ ...next, reason: why, madeAt: now(), madeBy: writeActor(by.actor) });
        const detail = { reason: why, node: nodeId, version, validFrom: next.validFrom, validTo, settings };
        return tx.audited(
          { by, action: 'alert-rules.add', target: { kind: 'alert-rules' }, detail },
          { node: nodeId, version },
        );
      });
    },
    async preview({ usual, watched, closesAt = 0, ...asked }) {
      const known = await tree();
      pathTo(known, asked);
      const windowKeys = windowsBelow(known, asked);
      const recent = await recentVotes(windowKeys);
      try {
        const height =
          'height' in asked
            ? asked.height
            : heightForWanted({ usual, watched }, recent.votesADay, asked.alarmsADay);
        // What could not be set is not worth a figure.
        refuse(alertFaults({ rising: { usual, watched, height, closesAt, isUrgent: false } }));
        const expected = expectedOf({ usual, watched, height, closesAt }, recent.votesADay);
        return { ...expected, windows: windowKeys.length, unsatisfiedShare: recent.unsatisfiedShare };
      } catch (error) {
        if (!(error instanceof StatisticsRefusal)) throw error;
        throw new OrgRefusal('alert-rule-invalid', error.message);
      }
    },
  };
}

function refuse(faults: readonly SettingFault[]): void {
  const [first] = faults;
  if (first)
    throw new OrgRefusal(first.code, faults.map(({ field, message }) => `${field}: ${message}`).join('; '));
}
