import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSendWindow } from '../../device/uplink/send-window.ts';
import { MAX_VOTES_PER_MESSAGE } from '../../protocol/vote.ts';

/** What happens to one message, or between messages. */
const anyFate = fc.constantFrom('stored', 'stored', 'lost', 'stored-silent', 'reconnect', 'restore', 'retry');

const anyLast = fc.integer({ min: 1, max: 900 });
/** How many votes a message may have, round by round. */
const anyMost = fc.array(fc.integer({ min: 1, max: MAX_VOTES_PER_MESSAGE }), { minLength: 1, maxLength: 20 });

describe('the send window', () => {
  it('brings every vote over any peer that in the end behaves, and never sends more than was asked of it', () => {
    fc.assert(
      fc.property(fc.array(anyFate, { maxLength: 60 }), anyLast, anyMost, (fates, last, mosts) => {
        const window = createSendWindow();
        const stored = new Set<number>();
        let acked = 0;
        let nowMs = 0;
        let sends = 0;
        const ack = () => {
          let upTo = 0;
          while (stored.has(upTo + 1)) upTo += 1;
          const missing: [number, number][] = [];
          for (let seq = upTo + 1; seq <= Math.max(0, ...stored); seq += 1)
            if (!stored.has(seq)) missing.push([seq, seq]);
          const before = acked;
          acked = upTo;
          window.takeAck(upTo, before, missing.slice(0, 64));
        };
        const todo = [...fates];
        for (let round = 0; acked < last; round += 1) {
          if (round > 4_000) throw new Error(`stuck at ${acked} of ${last}`);
          nowMs += 10;
          const fate = todo.shift() ?? 'stored';
          if (fate === 'reconnect') window.restart(acked);
          if (fate === 'restore') {
            for (const seq of [...stored]) if (seq > last / 3) stored.delete(seq);
            ack();
          }
          const most = mosts[round % mosts.length] as number;
          const range = window.next({ first: 1, last, acked, most }, nowMs);
          if (range === null || fate === 'retry') {
            // The timer: only when nothing is on its way.
            nowMs += 5_000;
            window.retry(acked);
            continue;
          }
          expect(range.from).toBeLessThanOrEqual(range.to);
          expect(range.to - range.from).toBeLessThan(most);
          expect(range.to).toBeLessThanOrEqual(last);
          window.sent(range, nowMs);
          sends += 1;
          if (fate !== 'lost') for (let seq = range.from; seq <= range.to; seq += 1) stored.add(seq);
          if (fate !== 'stored-silent') ack();
        }
        expect(sends).toBeLessThan(200 + fates.length * 20 + last);
      }),
      {
        numRuns: 500,
        examples: [[['stored', 'stored', 'restore', 'reconnect', 'stored-silent'], 129, [64]]],
      },
    );
  });

  it('sends each vote once to a peer that behaves from the start', () => {
    const window = createSendWindow();
    let acked = 0;
    for (let nowMs = 0; acked < 1_000; nowMs += 5) {
      const range = window.next({ first: 1, last: 1_000, acked, most: MAX_VOTES_PER_MESSAGE }, nowMs);
      if (range === null) throw new Error('nothing to send');
      window.sent(range, nowMs);
      window.takeAck(range.to, acked, []);
      acked = range.to;
    }
    expect(window.resent).toBe(0);
  });
});
