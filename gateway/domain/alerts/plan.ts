/** What is to be done about alerts, from those that are open and what is found now. */
import type { AlertKind } from '../../../protocol/alert.ts';
import { causeOf, type Found } from './found.ts';

/** An alert that has not been closed. */
export type OpenAlert = {
  id: string;
  kind: AlertKind;
  node: string;
  begin: number;
  last: number;
  times: number;
};

/** Why the gateway closes an alert: what it was about has ended, or is part of a greater one now. */
export type EndReason = 'ended' | 'in-outage';

export type Step =
  | { do: 'open'; found: Found }
  /** The same cause again. */
  | { do: 'again'; alert: OpenAlert; found: Found }
  | { do: 'close'; alert: OpenAlert; why: EndReason };

export type Looked = {
  /** Of one cause once. What is not among them has ended. */
  found: readonly Found[];
  /** Kinds that were looked for. Of others nothing is known. */
  kinds: ReadonlySet<AlertKind>;
  /** Causes that are part of a greater one. */
  covered: ReadonlySet<string>;
  /** By cause, when a person has last closed such an alert: what began before that is settled. */
  settled: ReadonlyMap<string, number>;
};

/** The same steps whatever the order of what is given. */
export function planAlerts(open: readonly OpenAlert[], { found, kinds, covered, settled }: Looked): Step[] {
  const alerts = new Map(open.map((alert) => [causeOf(alert), alert]));
  const causes = new Set(found.map(causeOf));
  const steps: Step[] = [];
  for (const one of found) {
    const cause = causeOf(one);
    if (one.state !== 'holds' || covered.has(cause)) continue;
    const alert = alerts.get(cause);
    if (alert) {
      if (one.times > alert.times || one.last > alert.last) steps.push({ do: 'again', alert, found: one });
    } else if (one.begin > (settled.get(cause) ?? Number.NEGATIVE_INFINITY))
      steps.push({ do: 'open', found: one });
  }
  for (const [cause, alert] of alerts) {
    if (!kinds.has(alert.kind)) continue;
    if (covered.has(cause)) steps.push({ do: 'close', alert, why: 'in-outage' });
    else if (!causes.has(cause)) steps.push({ do: 'close', alert, why: 'ended' });
  }
  return steps.sort(byCause);
}

const nameOf = (step: Step) => causeOf(step.do === 'open' ? step.found : step.alert);

function byCause(one: Step, other: Step): number {
  const [left, right] = [nameOf(one), nameOf(other)];
  return left < right ? -1 : left > right ? 1 : 0;
}
