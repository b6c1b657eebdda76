import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPace } from '../../../device/uplink/pace.ts';
import { MAX_VOTES_PER_MESSAGE } from '../../../protocol/vote.ts';

describe('the pace of sending', () => {
  it('fills messages within a few answers over a good line', () => {
    const pace = createPace();
    for (let answer = 0; answer < 2; answer++) pace.answered(40);
    expect(pace.votes).toBe(MAX_VOTES_PER_MESSAGE);
  });

  it.each([100, 300, 1_000, 4_000, 100_000])(
    'settles where answers come in time at %i bytes a second',
    (bytesPerS) => {
      const pace = createPace();
      /** With a second each way, and four messages of about this size on their way. */
      const tookMs = () => 2_000 + (4 * (200 + 110 * pace.votes) * 1_000) / bytesPerS;
      for (let answer = 0; answer < 20; answer++) pace.answered(tookMs());
      expect(tookMs() <= 6_000 || pace.votes === 1).toBe(true);
      // And not smaller than need be: what a message has beside its votes has its price, too.
      if (bytesPerS >= 1_000) expect(pace.votes).toBeGreaterThanOrEqual(4);
    },
  );

  it('always has room for a vote, and never for more than a message', () => {
    const anyEvent = fc.option(fc.integer({ min: 0, max: 60_000 }));
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 50 }), (events) => {
        const pace = createPace();
        for (const tookMs of events) {
          if (tookMs === null) pace.gaveUp();
          else pace.answered(tookMs);
          expect(pace.votes).toBeGreaterThanOrEqual(1);
          expect(pace.votes).toBeLessThanOrEqual(MAX_VOTES_PER_MESSAGE);
          expect(Number.isInteger(pace.votes)).toBe(true);
        }
      }),
    );
  });
});
