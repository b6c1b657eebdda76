/**
 * How soon somebody should look at a row: a city has more windows than fit on a wall, and those in trouble must be on it.
 * The worst that is known of a row decides.
 */
import type { ScoreRow } from '../../protocol/score.ts';

type Row = Pick<ScoreRow, 'votes' | 'rate' | 'proof' | 'terminals' | 'completeness'>;

/**
 * For certain, by the interval: a few bad votes in a row prove nothing, and a window is never red merely for being under the target.
 * The further below it, the higher: up to 100 more.
 */
const BELOW_TARGET = 400;
/** Votes are lost, or the evidences contradict each other. */
const WRONG = 300;
/** Votes wait for a person. */
const WAITING = 200;
const CLOCK_APART = 150;
/** It has votes today, and is silent now. */
const FELL_SILENT = 110;
const SILENT = 100;
/** Others of its terminals speak. */
const PARTLY_SILENT = 50;

/** 0: not at all. A terminal that was never heard of is no news. */
export function attentionOf(
  { votes, rate, proof, terminals, completeness }: Row,
  targetRate: number,
): number {
  const { state, held, setAside, lost, since } = completeness;
  if (proof === 'fails' && rate !== null) return BELOW_TARGET + Math.ceil((targetRate - rate) * 100);
  if (state === 'mismatch' || lost > 0) return WRONG;
  if (held + setAside > 0) return WAITING;
  if (terminals.clockApart > 0) return CLOCK_APART;
  if (since === null) return 0;
  if (terminals.online > 0) return PARTLY_SILENT;
  return votes > 0 ? FELL_SILENT : SILENT;
}
