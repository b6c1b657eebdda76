/** What a person may set about rules, at the command line and over HTTP alike: versions are added, each with its reason in the audit. */
import { readReason } from '../audit/reasons.ts';
import { writeActor } from '../domain/actor.ts';
import { readDate } from '../domain/opening-hours/hours-settings.ts';
import type { OrgTree } from '../domain/org.ts';
import type { SettingFault } from '../domain/refusals.ts';
import type { RuleSettings } from '../domain/verdicts/rule-settings.ts';
import {
  faultsInForce,
  type RulesInForce,
  type RuleVersion,
  rulesFor,
  versionFaults,
} from '../domain/verdicts/rule-versions.ts';
import type { By } from '../store/changes.ts';
import { OrgRefusal } from '../store/failures.ts';
import type { PublicationReads } from '../store/publications.ts';
import type { KeptRuleVersion, RuleStore } from '../store/rules.ts';
import { createLocalSpans } from './local-spans.ts';
import { ALL, pathOf, windowNode } from './rule-nodes.ts';
import { idsAbove, pathTo, type RulePlace, windowsUnder } from './rule-places.ts';
import { type TouchedPublication, touchedBy } from './touched-publications.ts';

export type NewRules = RulePlace & {
  /** Local dates, YYYY-MM-DD; `validTo` is the last day, null: until further notice. */
  validFrom: string;
  validTo: string | null;
  /** What is left out is inherited from above. */
  settings: Partial<RuleSettings>;
  /** Days that have begun may be among them: their votes are judged again, and their scores follow. */
  replays: boolean;
  reason: string;
};

export type AddedRules = {
  node: string;
  version: number;
  windowsJudgedAgain: number;
  publications: TouchedPublication[];
};

export type RuleChanges = {
  versions(): Promise<KeptRuleVersion[]>;
  /** @throws OrgRefusal `unit-unknown`, `window-unknown` */
  inForce(place: RulePlace, date: string): Promise<RulesInForce>;
  /**
   * @returns the version, how many windows' votes are judged again, and which published figures that is about: they stay as they are.
   * @throws OrgRefusal `unit-unknown`, `window-unknown`, `reason-invalid`, `rule-past`, and the codes of faults in them
   */
  add(by: By, rules: NewRules): Promise<AddedRules>;
};

export type RuleChangesDeps = {
  store: RuleStore;
  publications: Pick<PublicationReads, 'heads'>;
  tree: () => OrgTree | Promise<OrgTree>;
  /** The gateway's. */
  timeZone: string;
  now: () => number;
};

export function createRuleChanges({
  store,
  publications,
  tree,
  timeZone,
  now,
}: RuleChangesDeps): RuleChanges {
  return {
    versions: () => store.versions(),
    async inForce(place, date) {
      const path = pathTo(await tree(), place);
      if (readDate(date) === null) throw refusal([dateFault(date)]);
      return rulesFor(path, date, await store.versions());
    },
    async add(by, { validFrom, validTo, settings, replays, reason, ...place }) {
      const why = readReason(reason);
      const known = await tree();
      const path = pathTo(known, place);
      const nodeId = path.at(-1) as string;
      const spans = createLocalSpans(await store.ground(), place, timeZone);
      const today = spans.dateAt(now());
      const begun = begunOf(spans.spanOf({ validFrom, validTo }));
      const touched =
        validFrom <= today && readDate(validFrom) !== null && (validTo === null || readDate(validTo) !== null)
          ? await touchedBy(publications, known, place, begun)
          : [];
      return store.change(async (tx) => {
        const versions = await tx.versions();
        const own = versions.filter((one) => one.nodeId === nodeId);
        const version = Math.max(0, ...own.map((one) => one.version)) + 1;
        const next: RuleVersion = { nodeId, version, validFrom, validTo, settings };
        refuseFaulty(next, versions, known);
        if (validFrom <= today && !replays)
          throw new OrgRefusal(
            'rule-past',
            `${validFrom} has begun: give a later day, or say that its votes are to be judged again`,
          );
        await tx.add({ ...next, reason: why, madeAt: now(), madeBy: writeActor(by.actor) });
        const ground = await tx.ground();
        const span = begunOf(createLocalSpans(ground, place, timeZone).spanOf(next));
        const windowKeys = validFrom <= today ? windowsUnder(ground.places, place, span) : [];
        await tx.judgeAgain(windowKeys.map((windowKey) => ({ windowKey, ...span })));
        const detail = {
          node: nodeId,
          version,
          validFrom,
          validTo,
          settings,
          windowsJudgedAgain: windowKeys.length,
          publications: touched.map(({ id, version: of }) => `${id}/${of}`),
        };
        return tx.audited(
          { by, action: 'rules.add', target: { kind: 'rules' }, detail: { reason: why, ...detail } },
          { node: nodeId, version, windowsJudgedAgain: windowKeys.length, publications: touched },
        );
      });
    },
  };

  /** Of the days that it is about, those that have begun. */
  function begunOf({ from, to }: { from: number; to: number }) {
    return { from, to: Math.min(to, now() + DAY_MS) };
  }
}

/** Votes may be dated a little ahead of now. */
const DAY_MS = 24 * 3_600_000;

export function refuseFaulty(next: RuleVersion, versions: readonly RuleVersion[], tree: OrgTree): void {
  const faults = versionFaults(next, versions);
  if (faults.length > 0) throw refusal(faults);
  const ruled = new Set([next, ...versions].map(({ nodeId }) => nodeId));
  const paths = [
    [ALL],
    ...tree.units.map(({ id }) => pathOf(idsAbove(tree, id), null)),
    ...tree.windows
      .filter(({ id }) => ruled.has(windowNode(id)))
      .map(({ id, unitId }) => pathOf(idsAbove(tree, unitId), id)),
  ].filter((path) => ruled.has(path.at(-1) as string));
  // The same fault, inherited, is said of the highest place and the first day alone.
  const below = new Map<string, SettingFault>();
  for (const { nodeId, date, ...fault } of faultsInForce(next, versions, paths)) {
    const said = `${fault.field}: ${fault.message}`;
    const message = `${fault.message} (${nodeId === ALL ? 'everywhere' : `at ${nodeId}`}, from ${date} on)`;
    if (!below.has(said)) below.set(said, { ...fault, message });
  }
  if (below.size > 0) throw refusal([...below.values()]);
}

const dateFault = (date: string): SettingFault => ({
  code: 'rule-date-invalid',
  field: 'date',
  message: `there is no ${date}: write a date as 2026-10-01`,
});

function refusal(faults: readonly SettingFault[]): OrgRefusal {
  const [first] = faults;
  return new OrgRefusal(
    first?.code ?? 'rule-invalid',
    faults.map(({ field, message }) => `${field}: ${message}`).join('; '),
  );
}
