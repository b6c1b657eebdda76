/**
 * Alerts as they are shown to whoever is bound to a unit, and may stand at its counters: what one citizen has pressed is not to be told
 * from one, nor from two answers of which one came later. A single vote is no alert there; of what rests on votes the hours are told, when
 * they are over, and no figure that a vote moves.
 */
import type { AlertKind } from '../../../protocol/alert.ts';
import type { AlertDetail } from './found.ts';

const HOUR_MS = 3_600_000;

/** Figures of a rule, which no vote moves. */
const KEPT = new Set(['usual', 'watched', 'height', 'closesAt', 'period', 'target']);

type Shown = {
  kind: AlertKind;
  begin: number;
  last: number;
  times: number;
  openedAt: number;
  closedAt: number | null;
  closedBy: string | null;
  closedWhy: string | null;
  detail: AlertDetail;
};

const hourOf = (at: number) => Math.floor(at / HOUR_MS) * HOUR_MS;

/** @returns null: there is none, for them */
export function counterView<Alert extends Shown>(alert: Alert, now: number): Alert | null {
  const { kind, closedAt, closedBy } = alert;
  if (kind === 'unsatisfied') return null;
  if (kind !== 'unsatisfied-rising' && kind !== 'rate-under-target') return alert;
  const hour = hourOf(now);
  if (alert.openedAt >= hour) return null;
  const begin = hourOf(Math.min(alert.begin, alert.openedAt));
  const detail = Object.fromEntries(Object.entries(alert.detail).filter(([name]) => KEPT.has(name)));
  const shown = { ...alert, begin, last: begin, times: 1, openedAt: hourOf(alert.openedAt), detail };
  // What a person has done is no vote.
  if (closedAt === null || closedBy !== 'gateway') return shown;
  return closedAt >= hour
    ? { ...shown, closedAt: null, closedBy: null, closedWhy: null }
    : { ...shown, closedAt: hourOf(closedAt) };
}
