/** Rules as they are kept: versions at nodes of the tree, never edited, each of which says what it sets and from which day on. */
import { readDate } from '../opening-hours/hours-settings.ts';
import type { SettingFault } from '../refusals.ts';
import { ruleFaults, settingFaults } from './rule-faults.ts';
import { DEFAULT_RULES, type RuleSettings } from './rule-settings.ts';

export type SettingVersion<Settings> = {
  /** Of a unit or a window. */
  nodeId: string;
  /** Counts up from 1 at each node. */
  version: number;
  /** Local dates (YYYY-MM-DD) in the window's time zone; `validTo` is the last day, null: until further notice. */
  validFrom: string;
  validTo: string | null;
  /** What is left out is inherited from above. */
  settings: Partial<Settings>;
};
export type RuleVersion = SettingVersion<RuleSettings>;

export type SettingsInForce<Settings> = {
  /** Which versions they are, from the top of the tree down: `city@3 hall@1`; `default` where nobody has set any. */
  id: string;
  settings: Settings;
  /** Where each setting comes from; null: the default. */
  origins: Readonly<Record<keyof Settings, { nodeId: string; version: number } | null>>;
};
export type RulesInForce = SettingsInForce<RuleSettings>;

/** @returns what is wrong with a new version beside those there are. Whether it contradicts what it inherits is `ruleFaults`' question. */
export const versionFaults = (next: RuleVersion, known: readonly RuleVersion[]): SettingFault[] => [
  ...settingFaults(next.settings),
  ...spanFaults(next, known),
];

/** … with its dates and its number, whatever it sets. */
export function spanFaults<Settings>(
  next: SettingVersion<Settings>,
  known: readonly SettingVersion<Settings>[],
): SettingFault[] {
  const faults: SettingFault[] = [];
  const add = (code: SettingFault['code'], field: string, message: string) =>
    faults.push({ code, field, message });
  const { validFrom, validTo } = next;
  for (const [field, date] of Object.entries({ validFrom, validTo }))
    if (date !== null && readDate(date) === null)
      add('rule-date-invalid', field, `there is no ${date}: write a date as 2026-10-01`);
  if (validTo !== null && validTo < validFrom)
    add(
      'rule-span-reversed',
      'validTo',
      `it ends on ${validTo}, before it begins on ${validFrom}: give the last day of the span, or none`,
    );
  const own = known.filter(({ nodeId }) => nodeId === next.nodeId);
  const last = Math.max(0, ...own.map(({ version }) => version));
  if (next.version !== last + 1)
    add(
      'rule-version-taken',
      'version',
      `somebody else has changed these rules: look at version ${last}, and make yours version ${last + 1}`,
    );
  return faults;
}

/** Of the versions of one node that cover a day, the one that was written last; null when none does. */
export function versionOn<Version extends Omit<SettingVersion<unknown>, 'settings'>>(
  versions: readonly Version[],
  date: string,
): Version | null {
  let found: Version | null = null;
  for (const version of versions) {
    const covers = version.validFrom <= date && (version.validTo === null || date <= version.validTo);
    if (covers && (found === null || version.version > found.version)) found = version;
  }
  return found;
}

export const rulesFor = (
  path: readonly string[],
  date: string,
  versions: readonly RuleVersion[],
): RulesInForce => settingsFor(path, date, versions, DEFAULT_RULES);

/**
 * What holds at the end of a path on a local date: each setting by the lowest node that sets it on that day.
 * @param path ids from the top of the tree down to the window.
 * @param defaults every setting, as it is where nobody has said
 */
export function settingsFor<Settings extends object>(
  path: readonly string[],
  date: string,
  versions: readonly SettingVersion<Settings>[],
  defaults: Settings,
): SettingsInForce<Settings> {
  const settings = { ...defaults } as Record<string, unknown>;
  const origins: Record<string, { nodeId: string; version: number } | null> = Object.fromEntries(
    Object.keys(defaults).map((field) => [field, null]),
  );
  const names: string[] = [];
  for (const nodeId of path) {
    const found = versionOn(
      versions.filter((version) => version.nodeId === nodeId),
      date,
    );
    if (!found) continue;
    const { version } = found;
    names.push(`${nodeId}@${version}`);
    for (const [field, value] of Object.entries(found.settings)) {
      if (value === undefined || !(field in defaults)) continue;
      settings[field] = value;
      origins[field] = { nodeId, version };
    }
  }
  return {
    id: names.join(' ') || 'default',
    settings: settings as Settings,
    origins: origins as SettingsInForce<Settings>['origins'],
  };
}

/** The local dates on which the rules of a path may change, ascending: from each on, until the next, they are the same. */
export function changeDates(path: readonly string[], versions: readonly RuleVersion[]): string[] {
  const nodes = new Set(path);
  const dates = new Set<string>();
  for (const { nodeId, validFrom, validTo } of versions) {
    if (!nodes.has(nodeId)) continue;
    dates.add(validFrom);
    const last = validTo === null ? null : readDate(validTo);
    if (last !== null) dates.add(new Date((last + 1) * 86_400_000).toISOString().slice(0, 10));
  }
  return [...dates].sort();
}

/** Where and from which date on rules contradict each other, of those that are inherited and those that override them. */
export type FaultInForce = SettingFault & { nodeId: string; date: string };

/**
 * What a new version of the rules at one node does to all below it, from its first day on.
 * @param paths of every node that has rules of its own, and of `next`: ids from the top of the tree down to it.
 */
export function faultsInForce(
  next: RuleVersion,
  known: readonly RuleVersion[],
  paths: readonly (readonly string[])[],
): FaultInForce[] {
  const versions = [...known, next];
  return paths
    .filter((path) => path.includes(next.nodeId))
    .flatMap((path) => {
      const nodeId = path.at(-1) as string;
      const dates = changeDates(path, versions).filter((date) => date >= next.validFrom);
      for (const date of dates) {
        const faults = ruleFaults(rulesFor(path, date, versions).settings);
        // The first day says it.
        if (faults.length > 0) return faults.map((fault) => ({ ...fault, nodeId, date }));
      }
      return [];
    });
}
