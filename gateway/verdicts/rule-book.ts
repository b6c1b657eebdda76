/** The rules that hold, in memory: of every window, through time. */
import { holidaysOf } from '../domain/opening-hours/jurisdictions.ts';
import type { TreeNode } from '../domain/tree-then.ts';
import { unknownZones, type ZoneEra } from '../domain/unit-zones.ts';
import type { RuleVersion } from '../domain/verdicts/rule-versions.ts';
import type { WindowRules } from '../domain/verdicts/window-rules.ts';
import type { RuleGround, RuleReads } from '../store/rules.ts';
import { createGroundRules, type GroundRules } from './ground-rules.ts';
import { ALL } from './rule-nodes.ts';

export type RuleBook = {
  /** Of a window that is there: at any moment those of the places that it stood under then. */
  rulesOf(windowKey: number): WindowRules;
  /** In which time zone a unit or window lies, through time. */
  zonesOf(node: TreeNode): readonly ZoneEra[];
  versions(): readonly RuleVersion[];
  /** Of units whose time zone this runtime does not know: they lie in that of the unit above. */
  unknownZones(): readonly { unitId: string; timeZone: string }[];
  /** Names all that holds now: figures that were made by it name it. */
  revision(): string;
  /** See `RuleGround`. */
  groundRevision(): number;
  /** Reads everything again. @throws StoreFailure */
  reload(atMs: number): Promise<RulesRead>;
};

export type RulesRead = {
  /** Any rule may be another than before. */
  areOthers: boolean;
  /** Windows that rules were asked of, whose rules of this moment are others than were told. */
  windowKeys: readonly number[];
};

export type RuleBookDeps = { rules: Pick<RuleReads, 'ground'>; timeZone: string };

/** @throws StoreFailure */
export async function openRuleBook({ rules, timeZone }: RuleBookDeps): Promise<RuleBook> {
  const place = { timeZone, holidaysOf };
  let ground = await rules.ground();
  let made = createGroundRules(ground, place);

  return {
    rulesOf: (windowKey) => made.of(windowKey),
    zonesOf: (node) => made.zonesOf(node),
    versions: () => ground.versions,
    unknownZones: () =>
      unknownZones(ground.timeZones).map(({ unitKey, timeZone: name }) => ({
        unitId: ground.places.find(({ kind, key }) => kind === 'unit' && key === unitKey)?.id ?? '',
        timeZone: name,
      })),
    revision: () => `${ground.versions.length}`,
    groundRevision: () => ground.revision,
    async reload(atMs) {
      const read = await rules.ground();
      // Of two that are read at once the older one may come last.
      if (read.revision < ground.revision) return { areOthers: false, windowKeys: [] };
      const isSame = areSame(read, ground);
      ground = isSame ? { ...ground, revision: read.revision } : read;
      if (isSame) return { areOthers: false, windowKeys: [] };
      const before = made;
      made = createGroundRules(ground, place);
      const nameOf = (of: GroundRules, key: number) => {
        const { id, timeZone: zone } = of.of(key).at(atMs);
        return `${id} ${zone}`;
      };
      const windowKeys = before.asked().filter((key) => nameOf(before, key) !== nameOf(made, key));
      return { areOthers: true, windowKeys };
    },
  };
}

/** What holds for all holds at every place of the tree: then, in one time zone, it does not matter where a window stands. */
function areSame(read: RuleGround, known: RuleGround): boolean {
  if (read.versions.length !== known.versions.length) return false;
  if (JSON.stringify(read.timeZones) !== JSON.stringify(known.timeZones)) return false;
  if (read.timeZones.length === 0 && read.versions.every(({ nodeId }) => nodeId === ALL)) return true;
  return (
    read.places.length === known.places.length &&
    read.places.every(({ kind, key, from, parentKey }, index) => {
      const other = known.places[index] as RuleGround['places'][number];
      return kind === other.kind && key === other.key && from === other.from && parentKey === other.parentKey;
    })
  );
}
