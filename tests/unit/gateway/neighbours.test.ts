import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createElsewhere } from '../../../gateway/neighbours/elsewhere.ts';
import { createGateways } from '../../../gateway/neighbours/gateways.ts';
import { createTakes } from '../../../gateway/neighbours/takes.ts';
import { createUnexplained } from '../../../gateway/neighbours/unexplained.ts';
import {
  MAX_JOURNALS,
  readWord,
  standingsOf,
  type TerminalStanding,
  wordsOf,
} from '../../../gateway/neighbours/words.ts';
import { MAX_WORD_BYTES } from '../../../gateway/store/neighbours.ts';
import { includesOf } from '../../../gateway/store/postgres/score-parts.ts';

const standing = (terminalKey: number, change: Partial<TerminalStanding> = {}): TerminalStanding => ({
  ...{ terminalKey, online: true, lastSeenAt: 1_000, clockApartMs: null, setAside: 0, journals: [] },
  ...change,
});

describe('whose a terminal is', () => {
  it('is the last one that it has signed in at, whatever the order of sign-ins and of what is heard', () => {
    const event = fc.record({ gateway: fc.nat(2), hears: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 20 }), (events) => {
        const gateways = [0, 1, 2].map(() => ({ takes: createTakes(), heard: 0 }));
        const line: { from: number; take: number }[] = [];
        const hear = (at: number) => {
          const one = gateways[at] as (typeof gateways)[number];
          const word = line[one.heard];
          if (word === undefined) return;
          one.heard += 1;
          if (word.from === at) one.takes.heardOwn(1, word.take);
          else if (one.takes.heardOther(1)) one.takes.left(1);
        };
        for (const { gateway, hears } of events) {
          const { takes } = gateways[gateway] as (typeof gateways)[number];
          line.push({ from: gateway, take: takes.took(1) });
          for (let n = 0; n < hears; n++) hear((gateway + n) % 3);
        }
        for (let n = 0; n < 3 * line.length; n++) hear(n % 3);
        const holders = gateways.flatMap(({ takes }, index) => (takes.isHere(1) ? [index] : []));
        expect(holders).toEqual([line.at(-1)?.from]);
      }),
    );
  });
});

describe('what is said of a terminal elsewhere', () => {
  it('is what the gateway says that it has gone to, and not the one that it left', () => {
    const elsewhere = createElsewhere();
    elsewhere.took('a', 1, 5_000);
    elsewhere.took('b', 1, 6_000);
    elsewhere.said('a', standing(1, { online: false, lastSeenAt: 5_500 }));
    expect(elsewhere.isOnline(1)).toBe(true);
    expect(elsewhere.lastSeenAt(1)).toBe(6_000);
    elsewhere.said('b', standing(1, { clockApartMs: 90_000, setAside: 3 }));
    expect([elsewhere.isClockApart(1), elsewhere.setAside(1)]).toEqual([true, 3]);
    elsewhere.said('b', standing(1, { online: false, lastSeenAt: 7_000, clockApartMs: 90_000 }));
    expect([elsewhere.isOnline(1), elsewhere.isClockApart(1), elsewhere.lastSeenAt(1)]).toEqual([
      false,
      false,
      7_000,
    ]);
  });

  it('is that it is away when its gateway is gone, or says all that it has without it', () => {
    const elsewhere = createElsewhere();
    for (const key of [1, 2, 3]) elsewhere.took('a', key, 1);
    elsewhere.took('b', 4, 1);
    const ends = elsewhere.roll('a');
    elsewhere.said('a', standing(1));
    elsewhere.took('b', 2, 2);
    expect(ends()).toEqual([3]);
    expect([1, 2, 3, 4].map(elsewhere.isOnline)).toEqual([true, true, false, true]);
    expect(elsewhere.gone('b')).toEqual([2, 4]);
    expect([1, 2, 3, 4].map(elsewhere.isOnline)).toEqual([true, false, false, false]);
    elsewhere.isHere(1);
    expect(elsewhere.isOnline(1)).toBe(false);
  });
});

it('a gateway that was not heard for a while is gone, once, and not while this one was deaf', () => {
  const gateways = createGateways();
  expect(gateways.heard('a', 0)).toBe(true);
  expect(gateways.heard('b', 10)).toBe(true);
  expect(gateways.heard('a', 20)).toBe(false);
  gateways.counts('a', 7);
  expect(gateways.silentSince(15)).toEqual(['b']);
  expect(gateways.silentSince(15)).toEqual([]);
  expect(gateways.all()).toEqual([{ instance: 'a', connections: 7 }]);
  gateways.heardAgain(100);
  expect(gateways.silentSince(90)).toEqual([]);
});

it('a vote that nobody announces is waited for, and then a reason to read everything again', () => {
  let now = 0;
  const unexplained = createUnexplained(() => now);
  unexplained.found({ journalKey: 1, seq: 1 });
  now = 1_000;
  unexplained.found({ journalKey: 1, seq: 2 });
  unexplained.explained([{ journalKey: 1, seq: 1 }]);
  now = 3_500;
  expect(unexplained.isOverdue()).toBe(false);
  now = 4_000;
  expect(unexplained.isOverdue()).toBe(true);
  expect(unexplained.isOverdue()).toBe(false);
});

describe('words', () => {
  const journal = fc.record({
    key: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    announced: fc.integer({ min: 0, max: 1_000_000_000 }),
    totals: fc.option(
      fc.record({
        satisfied: fc.integer({ min: 0, max: 1_000_000_000 }),
        basically: fc.integer({ min: 0, max: 1_000_000_000 }),
        unsatisfied: fc.integer({ min: 0, max: 1_000_000_000 }),
      }),
    ),
    implausible: fc.boolean(),
  });
  const anyStanding = fc.record({
    terminalKey: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    online: fc.boolean(),
    lastSeenAt: fc.option(fc.integer({ min: 0, max: 4e12 })),
    clockApartMs: fc.option(fc.integer({ min: -4e12, max: 4e12 })),
    setAside: fc.nat(100_000),
    journals: fc.array(journal, { maxLength: MAX_JOURNALS }),
  });

  it('of any terminals say the same at the other end, and none is too long for a notice', () => {
    fc.assert(
      fc.property(fc.array(anyStanding, { maxLength: 200 }), (standings) => {
        const words = [...wordsOf(standings)].map((word) => JSON.stringify(word));
        for (const word of words) expect(word.length).toBeLessThanOrEqual(MAX_WORD_BYTES);
        const heard = words.flatMap((text) => {
          const word = readWord(JSON.parse(text));
          return word !== null && 'standings' in word ? standingsOf(word) : [];
        });
        expect(heard).toEqual(standings);
      }),
    );
  });

  it('are nothing else', () => {
    for (const value of [null, 1, 'ask', {}, { ask: false }, { take: 1 }, { standings: [[1, 2]] }])
      expect(readWord(value)).toBe(null);
  });

  it('have no number that a terminal could not have, or a calendar not know', () => {
    const said = (lastSeenAt: number, announced: number) => ({
      standings: [[1, 1, lastSeenAt, null, 0, [[1, announced, null, 0]]]],
    });
    expect(readWord(said(1_795_000_000_000, 5))).not.toBe(null);
    for (const word of [said(1e300, 5), said(-1, 5), said(5, 1e300), said(5, 2_000_000_000), { beat: 1e300 }])
      expect(readWord(word)).toBe(null);
  });
});

it.each([
  ['10:20:10,14', '9', true],
  ['10:20:10,14', '10', false],
  ['10:20:10,14', '11', true],
  ['10:20:10,14', '14', false],
  ['10:20:10,14', '20', false],
  ['20:20:', '19', true],
  ['20:20:', '20', false],
  ['4294967300:4294967301:4294967300', '4294967299', true],
])('the snapshot %s, asked for commit %s, says %s', (snapshot, commit, isIn) => {
  expect(includesOf(snapshot)(commit)).toBe(isIn);
});
