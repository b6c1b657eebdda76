/** The rules that hold, in memory: of every window, through time. */
import { createCalendar } from '../domain/calendar.ts';
import { holidaysOf } from '../domain/opening-hours/jurisdictions.ts';
import { type OrgTree, unitsAbove } from '../domain/org.ts';
import type { RuleVersion } from '../domain/verdicts/rule-versions.ts';
import { createWindowRules, type WindowRules } from '../domain/verdicts/window-rules.ts';
import { createZonedTime } from '../domain/zoned-time.ts';
import type { RuleReads } from '../store/rules.ts';
import { ALL, pathOf } from './rule-nodes.ts';

export type RuleBook = {
  /** Of a window that is there. */
  rulesOf(windowKey: number): WindowRules;
  versions(): readonly RuleVersion[];
  /** Names all that holds now: figures that were made by it name it. */
  revision(): string;
  /** Reads them again, or takes up another tree. @returns whether any rule may be another. @throws StoreFailure */
  reload(): Promise<boolean>;
};

export type RuleBookDeps = { rules: RuleReads; tree: () => OrgTree; timeZone: string };

/** @throws StoreFailure */
export async function openRuleBook({ rules, tree, timeZone }: RuleBookDeps): Promise<RuleBook> {
  const place = {
    calendar: createCalendar(timeZone),
    zoned: createZonedTime(timeZone),
    holidaysOf,
  };
  let versions: readonly RuleVersion[] = await rules.versions();
  let readOf = tree();
  /** By what tells paths apart whose rules are the same: nearly all windows share one. */
  let ofPaths = new Map<string, WindowRules>();
  let ofWindows = new Map<number, WindowRules>();
  let ruled = new Set(versions.map(({ nodeId }) => nodeId));

  const make = (windowKey: number): WindowRules => {
    const serviceWindow = readOf.windowByKey.get(windowKey);
    const path = serviceWindow
      ? pathOf(
          unitsAbove(readOf, serviceWindow.unitId).map(({ id }) => id),
          serviceWindow.id,
        )
      : pathOf([], null);
    const own = path.filter((node) => ruled.has(node));
    const name = own.join('\n');
    const known = ofPaths.get(name) ?? createWindowRules(own, versions, place);
    ofPaths.set(name, known);
    return known;
  };

  return {
    rulesOf(windowKey) {
      let known = ofWindows.get(windowKey);
      if (!known) {
        known = make(windowKey);
        ofWindows.set(windowKey, known);
      }
      return known;
    },
    versions: () => versions,
    revision: () => `${versions.length}`,
    async reload() {
      const read = await rules.versions();
      const isSame = read.length === versions.length;
      if (isSame && readOf === tree()) return false;
      readOf = tree();
      ofWindows = new Map();
      // A technician adds a terminal: what holds for all holds at every place of the tree.
      if (isSame) return [...ruled].some((node) => node !== ALL);
      versions = read;
      ruled = new Set(versions.map(({ nodeId }) => nodeId));
      ofPaths = new Map();
      return true;
    },
  };
}
