/**
 * A gateway that was restarted has no terminals: they are at the others, and stay there. So whoever has more than its share sends some
 * away, a few at a time, and the balancer in front gives them to whoever has fewest. A terminal loses nothing by it: it keeps its votes,
 * and is back in a second or two.
 */

/** Of a gateway's terminals a second: a city of them in two minutes, and no storm. */
const PART_PER_S = 0.01;
/** Above its share by so much and this many, a gateway sheds: what comes and goes by itself evens out. */
const TOLERANCE = 0.1;
const TOLERANCE_TERMINALS = 2;
/** So many are sent away before it is asked whether they went. */
const PROBE = 20;
/** Where no balancer is in front they come back to the same gateway: then they are left in peace for so long. */
const REST_MS = 60 * 60_000;
/** They are somewhere again by then. */
const BACK_MS = 20_000;

export type Shedding = {
  /** @returns how many terminals are to be sent away now. */
  plan(state: { own: number; others: readonly number[]; sinceMs: number }): number;
  /** These are. */
  sent(terminalIds: readonly string[]): void;
  /** One has signed in here. */
  cameBack(terminalId: string): void;
  /** They came back here: told once for each rest. */
  takeInVain(): boolean;
};

export function createShedding(monotonic: () => number): Shedding {
  /** Of those that were sent away lately, and when. */
  const away = new Map<string, number>();
  let [sent, back] = [0, 0];
  /** The first of them have gone to others. */
  let hasProved = false;
  let restUntil = Number.NEGATIVE_INFINITY;
  let inVain = false;
  let due = 0;

  const forgetOld = () => {
    for (const [terminalId, at] of away) {
      if (monotonic() - at < BACK_MS) return;
      away.delete(terminalId);
    }
  };

  return {
    plan({ own, others, sinceMs }) {
      forgetOld();
      if (others.length === 0 || monotonic() < restUntil) return 0;
      const share = (own + others.reduce((sum, count) => sum + count, 0)) / (others.length + 1);
      if (own <= share * (1 + TOLERANCE) + TOLERANCE_TERMINALS) {
        [sent, back, due, hasProved] = [0, 0, 0, false];
        return 0;
      }
      // It is not known yet whether anybody takes them.
      if (sent >= PROBE && !hasProved && away.size > 0) return 0;
      hasProved = sent >= PROBE;
      const perS = Math.max(1, own * PART_PER_S);
      // What is left of the second before is less than one.
      due = Math.min(perS + 1, due + (perS * sinceMs) / 1_000);
      const now = Math.floor(Math.min(due, own - share, sent < PROBE ? PROBE - sent : own));
      due -= now;
      return now;
    },
    sent(terminalIds) {
      sent += terminalIds.length;
      for (const terminalId of terminalIds) away.set(terminalId, monotonic());
    },
    cameBack(terminalId) {
      if (!away.delete(terminalId)) return;
      back += 1;
      if (back < PROBE / 2 || back * 2 < sent) return;
      restUntil = monotonic() + REST_MS;
      inVain = true;
      [sent, back, due, hasProved] = [0, 0, 0, false];
      away.clear();
    },
    takeInVain() {
      const was = inVain;
      inVain = false;
      return was;
    },
  };
}
