/** The rules of alerts that hold, in memory: at every node of the tree, today. */
import { type AlertSettings, DEFAULT_ALERTS } from '../domain/alerts/alert-settings.ts';
import type { Calendar } from '../domain/calendar.ts';
import { type OrgTree, unitsAbove } from '../domain/org.ts';
import { settingsFor } from '../domain/verdicts/rule-versions.ts';
import type { AlertReads, KeptAlertVersion } from '../store/alerts.ts';
import { pathOf } from '../verdicts/rule-nodes.ts';

export type AlertBook = {
  ofUnit(unitId: string): AlertSettings;
  ofWindow(windowId: string): AlertSettings;
  /** Names all that holds today: where it is another, any rule may be. */
  revision(now: number): string;
  /** @throws StoreFailure */
  reload(): Promise<void>;
};

export type AlertBookDeps = {
  store: Pick<AlertReads, 'ruleVersions'>;
  tree: () => OrgTree;
  calendar: Calendar;
  now: () => number;
};

/** @throws StoreFailure */
export async function openAlertBook({ store, tree, calendar, now }: AlertBookDeps): Promise<AlertBook> {
  let versions: readonly KeptAlertVersion[] = await store.ruleVersions();
  let known = new Map<string, AlertSettings>();
  let knownOf = { tree: tree(), day: calendar.dayOf(now()) };
  /** Nearly all paths have the rules of all: made once. */
  const settingsAt = (name: string, path: () => string[]): AlertSettings => {
    const day = calendar.dayOf(now());
    if (knownOf.tree !== tree() || knownOf.day !== day) {
      knownOf = { tree: tree(), day };
      known = new Map();
    }
    let found = known.get(name);
    if (!found) {
      const ruled = new Set(versions.map(({ nodeId }) => nodeId));
      const own = path().filter((node) => ruled.has(node));
      const shared = `path ${own.join('\n')}`;
      found = known.get(shared) ?? settingsFor(own, calendar.nameOf(day), versions, DEFAULT_ALERTS).settings;
      known.set(shared, found);
      known.set(name, found);
    }
    return found;
  };
  const above = (unitId: string) => unitsAbove(tree(), unitId).map(({ id }) => id);
  return {
    ofUnit: (unitId) => settingsAt(`unit ${unitId}`, () => pathOf(above(unitId), null)),
    ofWindow: (windowId) =>
      settingsAt(`window ${windowId}`, () =>
        pathOf(above(tree().windowById.get(windowId)?.unitId ?? ''), windowId),
      ),
    revision: (at) => `${versions.length}/${calendar.dayOf(at)}`,
    async reload() {
      const read = await store.ruleVersions();
      if (read.length === versions.length) return;
      versions = read;
      known = new Map();
    },
  };
}
