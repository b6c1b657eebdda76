/** Terminals that are not there while their windows are open; many of a unit at once are one outage of the unit. */
import type { SilentRule } from './alert-settings.ts';
import { causeOf, type Found, undecided } from './found.ts';

export type WatchedTerminal = {
  id: string;
  /** The unit of its window and those above it, nearest first. */
  unitIds: readonly string[];
  rule: SilentRule;
  /**
   * `there`: for long enough to be back. `back`: not yet. `silent`: it is away, and its window open. `unexpected`: it is away, and its
   * window closed, or nobody knows.
   */
  state: 'there' | 'back' | 'silent' | 'unexpected';
  /** Of one that is away: since when it is missed, UTC milliseconds, and for how long it has been. */
  since: number;
  silentMs: number;
};

export type Silence = {
  found: Found[];
  /** Causes that an outage is the whole of. */
  covered: Set<string>;
};

const KIND = 'terminal-silent';
const MINUTE_MS = 60_000;
const ofTerminal = (id: string) => ({ kind: KIND, node: `terminal:${id}` }) as const;
const ofUnit = (id: string) => ({ kind: KIND, node: `unit:${id}` }) as const;

/**
 * @param units parents before children
 * @param ruleOf of a unit, for its outages
 * @param isOpen is there an alert of this cause?
 */
export function findSilence(
  terminals: readonly WatchedTerminal[],
  units: readonly { id: string; parentId: string | null }[],
  ruleOf: (unitId: string) => SilentRule | null,
  isOpen: (cause: string) => boolean,
): Silence {
  const silence: Silence = { found: terminals.flatMap(foundOf), covered: new Set() };
  const below = groupByUnit(terminals);
  const inOutage = new Set<string>();
  for (const { id, parentId } of units) {
    const own = below.get(id) ?? [];
    if (parentId !== null && inOutage.has(parentId)) {
      inOutage.add(id);
      silence.covered.add(causeOf(ofUnit(id)));
      continue;
    }
    const rule = ruleOf(id);
    const outage = rule && outageOf(id, own, rule, isOpen(causeOf(ofUnit(id))));
    if (!outage) continue;
    silence.found.push(outage);
    if (outage.detail.terminals === undefined) continue;
    inOutage.add(id);
    for (const terminal of own)
      if (terminal.state !== 'there') silence.covered.add(causeOf(ofTerminal(terminal.id)));
  }
  return silence;
}

function foundOf({ id, unitIds, rule, state, since, silentMs }: WatchedTerminal): Found[] {
  const [unitId = ''] = unitIds;
  if (state === 'there') return [];
  if (state !== 'silent' || silentMs < rule.afterMinutes * MINUTE_MS)
    return [undecided(ofTerminal(id), unitId)];
  return [
    {
      ...{ ...ofTerminal(id), unitId, state: 'holds', begin: since, last: since, times: 1 },
      ...{ isUrgent: rule.isUrgent, detail: { afterMinutes: rule.afterMinutes } },
    },
  ];
}

/** @returns null where there is none, and none that goes on */
function outageOf(
  unitId: string,
  terminals: readonly WatchedTerminal[],
  rule: SilentRule,
  goesOn: boolean,
): Found | null {
  const expected = terminals.filter(({ state }) => state !== 'unexpected');
  const silent = expected.filter(({ state }) => state === 'silent');
  // Its windows are closed: whether it is over nobody can tell.
  if (expected.length === 0) return goesOn && terminals.length > 0 ? undecided(ofUnit(unitId), unitId) : null;
  const together = mostTogether(
    silent.map(({ since }) => since),
    rule.outageWithinMinutes * MINUTE_MS,
  );
  const begins =
    together.count >= Math.max(rule.outageTerminals, Math.ceil(rule.outageShare * expected.length)) &&
    silent.some(({ silentMs }) => silentMs >= rule.afterMinutes * MINUTE_MS);
  const stays = goesOn && silent.length >= rule.outageEndsShare * expected.length;
  if (!begins && !stays) return null;
  return {
    ...{ ...ofUnit(unitId), unitId, state: begins ? 'holds' : 'between', times: 1 },
    ...{ begin: together.from, last: together.from, isUrgent: rule.isUrgent },
    detail: { terminals: expected.length, silent: silent.length },
  };
}

/** Of moments, the most that lie within a span, and the first of them; of two such the earlier. */
function mostTogether(moments: readonly number[], spanMs: number): { count: number; from: number } {
  const sorted = moments.toSorted((one, other) => one - other);
  let best = { count: 0, from: 0 };
  let first = 0;
  sorted.forEach((at, index) => {
    while (at - (sorted[first] as number) > spanMs) first += 1;
    if (index - first + 1 > best.count) best = { count: index - first + 1, from: sorted[first] as number };
  });
  return best;
}

function groupByUnit(terminals: readonly WatchedTerminal[]): Map<string, WatchedTerminal[]> {
  const groups = new Map<string, WatchedTerminal[]>();
  for (const terminal of terminals)
    for (const unitId of terminal.unitIds) {
      const group = groups.get(unitId);
      if (group) group.push(terminal);
      else groups.set(unitId, [terminal]);
    }
  return groups;
}
