/** "k unsatisfied among the last n votes": how long such a rule keeps quiet, for whoever writes one. */
import { requireLevel, StatisticsRefusal } from './refusal.ts';

export type SlidingRule = { bad: number; among: number };

/** So long a rule has at most 512 states. */
export const AMONG_AT_MOST = 10;

const bitsIn = (mask: number): number => (mask === 0 ? 0 : (mask & 1) + bitsIn(mask >>> 1));

type State = { ways: Map<number, number>; alarm: number; votes: number };

/** The last votes but the one to come, an unsatisfied one a bit, the latest lowest. */
function statesOf({ bad, among }: SlidingRule, share: number): Map<number, State> {
  const kept = 2 ** (among - 1) - 1;
  const states = new Map<number, State>();
  for (let mask = 0; mask <= kept; mask++) {
    const before = bitsIn(mask);
    if (before >= bad) continue;
    const ways = new Map([[(mask << 1) & kept, 1 - share]]);
    if (before + 1 < bad) ways.set(((mask << 1) | 1) & kept, share);
    states.set(mask, { ways, alarm: before + 1 < bad ? 0 : share, votes: 1 });
  }
  return states;
}

/**
 * Mean number of votes until the alarm when `share` of them are unsatisfied, from no vote on. The states are taken out one after
 * another, only ever adding (Grassmann, Taksar & Heyman, Operations Research 33 (1985) 1107–1116).
 * @throws StatisticsRefusal `level-invalid`, `alarm-rule-invalid`
 */
export function votesToSlidingAlarm(rule: SlidingRule, share: number): number {
  requireLevel(share, 'the share of unsatisfied votes');
  const { bad, among } = rule;
  if (
    !Number.isSafeInteger(bad) ||
    !Number.isSafeInteger(among) ||
    bad < 1 ||
    among < bad ||
    among > AMONG_AT_MOST
  )
    throw new StatisticsRefusal(
      'alarm-rule-invalid',
      `${bad} of the last ${among}: give at least 1 of at least as many, and of at most ${AMONG_AT_MOST}`,
    );
  const states = statesOf(rule, share);
  for (const [mask, state] of [...states].slice(1).reverse()) {
    states.delete(mask);
    const leaves = leaving(mask, state);
    for (const other of states.values()) {
      const way = other.ways.get(mask);
      if (way === undefined) continue;
      other.ways.delete(mask);
      const part = way / leaves;
      for (const [to, on] of state.ways) other.ways.set(to, (other.ways.get(to) ?? 0) + part * on);
      other.alarm += part * state.alarm;
      other.votes += part * state.votes;
    }
  }
  const start = states.get(0) as State;
  return start.votes / leaving(0, start);
}

/** The chance to leave the state for another or the alarm; what stays in it is taken out. */
function leaving(mask: number, state: State): number {
  state.ways.delete(mask);
  let leaves = state.alarm;
  for (const way of state.ways.values()) leaves += way;
  return leaves;
}
