/** Which versions of the rules what is published was judged by, and what it is about. */
import type { OrgTree } from '../domain/org.ts';
import type { PublishedHead, PublishedNode } from '../domain/publications.ts';
import type { TreeNode, TreeThen } from '../domain/tree-then.ts';
import { erasWithin, type ZoneEra } from '../domain/unit-zones.ts';
import { isKnownZone } from '../domain/zoned-time.ts';
import { OrgRefusal } from '../store/failures.ts';
import type { WindowThere } from '../store/history.ts';
import { createPause } from '../store/pause.ts';
import type { KeptRuleVersion } from '../store/rules.ts';
import { clocksOf } from '../verdicts/ground-rules.ts';
import { pathOf, unitNode } from '../verdicts/rule-nodes.ts';
import { pathTo, type RulePlace } from '../verdicts/rule-places.ts';

export type Governed = {
  tree: OrgTree;
  treeThen: TreeThen;
  zonesOf(node: TreeNode): readonly ZoneEra[] | Promise<readonly ZoneEra[]>;
  /** The gateway's. */
  timeZone: string;
  place: RulePlace;
  period: PublishedHead['period'];
};
type Days = { first: string; last: string };

/** The first and the last local date of a span, in any of these zones. */
function daysOf(zones: readonly string[], { from, to }: { from: number; to: number }): Days {
  const dates = zones.flatMap((zone) => {
    const { calendar } = clocksOf(zone);
    return [from, to - 1].map((at) => calendar.nameOf(calendar.dayOf(at)));
  });
  const sorted = dates.sort();
  return { first: sorted[0] as string, last: sorted.at(-1) as string };
}

/** Of what the windows stood below then: those that cover a day of the period, by the clocks of some window there. */
export async function governingVersions(
  versions: readonly KeptRuleVersion[],
  { tree, treeThen, zonesOf, timeZone, place, period: { from, to, timeZone: own } }: Governed,
  windows: readonly WindowThere[],
): Promise<KeptRuleVersion[]> {
  if (versions.length === 0) return [];
  const days = new Map<string, Days>();
  const ofZones = new Map<string, Days>();
  const take = (nodes: readonly string[], zones: readonly string[]) => {
    const name = zones.join();
    // Published at a gateway with newer zones: days go by this one's, as where votes are judged.
    const here = zones.map((zone) => (isKnownZone(zone) ? zone : timeZone));
    const span = ofZones.get(name) ?? daysOf(here, { from, to });
    ofZones.set(name, span);
    for (const node of nodes) {
      const known = days.get(node) ?? span;
      const [first = span.first] = [span.first, known.first].sort();
      const [, last = span.last] = [span.last, known.last].sort();
      days.set(node, { first, last });
    }
  };
  const ids = new Map(tree.units.map(({ key, id }) => [key, id]));
  const nodesOf = (node: TreeNode, span: { from: number; to: number }, windowId: string | null) =>
    treeThen.placesWithin(node, span).flatMap((above) =>
      pathOf(
        above.map((key) => ids.get(key) ?? ''),
        windowId,
      ),
    );
  const { kind, key, id } = nodeOf(tree, place);
  take(nodesOf({ kind, key }, { from, to }, kind === 'window' ? id : null), [own]);
  if (kind === 'unit') take([unitNode(id)], [own]);
  const pause = createPause();
  for (const { windowKey, spans } of windows) {
    const node: TreeNode = { kind: 'window', key: windowKey };
    const eras = await zonesOf(node);
    const windowId = tree.windowByKey.get(windowKey)?.id ?? null;
    for (const span of spans)
      take(
        nodesOf(node, span, windowId),
        erasWithin(eras, span).map((era) => era.timeZone),
      );
    await pause();
  }
  return versions.filter(({ nodeId, validFrom, validTo }) => {
    const covered = days.get(nodeId);
    return (
      covered !== undefined && validFrom <= covered.last && (validTo === null || validTo >= covered.first)
    );
  });
}

/** @throws OrgRefusal `unit-unknown`, `window-unknown` */
export function nodeOf(tree: OrgTree, place: RulePlace): PublishedNode & { key: number } {
  pathTo(tree, place);
  const { unit, window } = place;
  const found = window === undefined ? tree.unitById.get(unit ?? '') : tree.windowById.get(window);
  if (!found) throw new OrgRefusal('unit-unknown', 'say which unit, or which window');
  const above = 'unitId' in found ? found.unitId : found.id;
  const path = [...(tree.pathOf.get(above) ?? []), ...('unitId' in found ? [found.name] : [])];
  const { key, id, name } = found;
  return { kind: window === undefined ? 'unit' : 'window', key, id, name, path };
}
