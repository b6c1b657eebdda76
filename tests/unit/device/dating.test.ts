/** Dates for votes of boots that did not know the time. */
import { describe, expect, it } from 'vitest';
import { createClock } from '../../../device/board/clock.ts';
import type { BootRecord } from '../../../device/journal/journal-statements.ts';
import { canDate, createDating, PLAUSIBLE_FROM_MS } from '../../../device/uplink/dating.ts';
import type { Vote } from '../../../protocol/vote.ts';

const NOW = Date.UTC(2026, 10, 24, 9);
const HOUR_MS = 3_600_000;

/** A board an hour after power-on whose gateway has told it the time; earlier boots as given. */
async function dating(boots: BootRecord[], anchored = true) {
  const clock = createClock({
    bootId: 'now',
    monoMs: () => HOUR_MS,
    wallMs: () => 7_000,
    isSynchronised: async () => false,
  });
  if (anchored) clock.hearGateway(NOW);
  const journal = {
    epoch: 'e',
    boots: () => [...boots],
    anchorOf: (boot: string) => boots.find((one) => one.boot === boot)?.anchor ?? null,
  };
  return { date: createDating(journal, clock), clock };
}
const vote = (boot: string, mono: number, at: number): Vote => ({
  ...{ seq: 1, rating: 'satisfied', boot, mono, at, clock: 'estimated' },
});
const unknown = (boot: string, lastMono: number): BootRecord => ({ boot, lastMono, anchor: null });

describe('a vote of a boot that never knew the time', () => {
  it('is put before the next boot, and the boot before that one before it', async () => {
    const { date } = await dating([unknown('a', 5_000), unknown('b', 9_000)]);
    const start = NOW - HOUR_MS;
    expect(date(vote('b', 9_000, 9_000))).toMatchObject({ at: start, clock: 'estimated' });
    expect(date(vote('b', 1_000, 1_000)).at).toBe(start - 8_000);
    expect(date(vote('a', 5_000, 5_000)).at).toBe(start - 9_000);
  });

  it('is put before a later boot that knew', async () => {
    const known: BootRecord = {
      boot: 'b',
      lastMono: 1,
      anchor: { offsetMs: NOW - 48 * HOUR_MS, clock: 'ntp' },
    };
    const { date } = await dating([unknown('a', 5_000), known]);
    expect(date(vote('a', 3_000, 3_000)).at).toBe(NOW - 48 * HOUR_MS - 2_000);
    expect(date(vote('b', 60_000, 0))).toMatchObject({ at: NOW - 48 * HOUR_MS + 60_000, clock: 'ntp' });
  });

  it('keeps a date that can be true, and not one from the future', async () => {
    const { date } = await dating([unknown('a', 5_000)]);
    expect(date(vote('a', 5_000, NOW - 30 * HOUR_MS)).at).toBe(NOW - 30 * HOUR_MS);
    expect(date(vote('a', 5_000, NOW + HOUR_MS)).at).toBe(NOW - HOUR_MS);
    expect(date(vote('a', 5_000, PLAUSIBLE_FROM_MS - 1)).at).toBe(NOW - HOUR_MS);
  });

  it('never changes one whose clock was known', async () => {
    const { date } = await dating([unknown('a', 5_000)]);
    const known: Vote = { ...vote('a', 5_000, 12), clock: 'ntp' };
    expect(date(known)).toEqual(known);
  });
});

it('there is no date to send with before the first sync of a board at 1970, and there is one after it', async () => {
  expect(canDate((await dating([], false)).clock)).toBe(false);
  expect(canDate((await dating([])).clock)).toBe(true);
});
