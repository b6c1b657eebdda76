/** What gateways on one database say to each other beside their votes. Terminals are named by key, which all of them know. */
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { Count, EpochMs } from '../../protocol/ids.ts';
import type { Counts } from '../../protocol/vote.ts';
import { MAX_WORD_BYTES } from '../store/neighbours.ts';

/** At most, as JSON. */
const STANDING_BYTES = 80;
const JOURNAL_BYTES = 64;
/** Of one terminal: those that it speaks of now. The others are in the database. */
export const MAX_JOURNALS = 32;

const key = Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 });
const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const difference = Type.Integer({ minimum: -Number.MAX_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER });
const flag = Type.Union([Type.Literal(0), Type.Literal(1)]);
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()]);

/** journal, announced, totals, whether they cannot be true */
const JournalSaid = Type.Tuple([key, Count, orNull(Type.Tuple([Count, Count, Count])), flag]);

/** terminal, whether it is connected there, when it was last heard, its clock's difference, votes put away, its journals */
const Standing = Type.Tuple([
  key,
  flag,
  orNull(EpochMs),
  orNull(difference),
  count,
  Type.Array(JournalSaid, { maxItems: MAX_JOURNALS }),
]);

const Word = Type.Union([
  /** Each second: how many terminals are connected there. */
  Type.Object({ beat: count }),
  /** Has just signed in there, and so nowhere else any more; `take` counts up. */
  Type.Object({ take: count, terminal: key }),
  Type.Object({ standings: Type.Array(Standing) }),
  /** Between the two are the standings of all terminals that are connected there. */
  Type.Object({ roll: Type.Union([Type.Literal('begins'), Type.Literal('ends')]) }),
  /** Whoever is new, or has missed something: say all that you know. */
  Type.Object({ ask: Type.Literal(true) }),
  /** In order: nothing more comes. */
  Type.Object({ bye: Type.Literal(true) }),
]);
export type Word = Static<typeof Word>;

const schema = Compile(Word);

/** @returns null for what is none. */
export function readWord(value: unknown): Word | null {
  return schema.Check(value) ? value : null;
}

/** A terminal as the gateway knows it that it speaks to. */
export type TerminalStanding = {
  terminalKey: number;
  online: boolean;
  lastSeenAt: number | null;
  /** Its clock minus the gateway's, milliseconds, where they disagree. */
  clockApartMs: number | null;
  /** Votes in journals that were put away on its card. */
  setAside: number;
  /** At most MAX_JOURNALS. */
  journals: readonly JournalStanding[];
};

export type JournalStanding = {
  key: number;
  announced: number;
  totals: Counts | null;
  implausible: boolean;
};

function wordOf(standings: readonly TerminalStanding[]): Word {
  return {
    standings: standings.map(({ terminalKey, online, lastSeenAt, clockApartMs, setAside, journals }) => [
      terminalKey,
      online ? 1 : 0,
      lastSeenAt,
      clockApartMs === null ? null : Math.round(clockApartMs),
      setAside,
      journals.map(({ key, announced, totals, implausible }) => [
        key,
        announced,
        totals && [totals.satisfied, totals.basically, totals.unsatisfied],
        implausible ? 1 : 0,
      ]),
    ]),
  };
}

/** As many together as one word holds. */
export function* wordsOf(standings: Iterable<TerminalStanding>): Generator<Word> {
  let some: TerminalStanding[] = [];
  let size = 0;
  for (const standing of standings) {
    const bytes = STANDING_BYTES + JOURNAL_BYTES * standing.journals.length;
    if (some.length > 0 && size + bytes > MAX_WORD_BYTES) {
      yield wordOf(some);
      some = [];
      size = 0;
    }
    some.push(standing);
    size += bytes;
  }
  if (some.length > 0) yield wordOf(some);
}

/** Terminals and journals that it speaks of. */
export function sizeOf(word: Word): number {
  if (!('standings' in word)) return 0;
  return word.standings.reduce((sum, [, , , , , journals]) => sum + 1 + journals.length, 0);
}

export function standingsOf({ standings }: Extract<Word, { standings: unknown }>): TerminalStanding[] {
  return standings.map(([terminalKey, online, lastSeenAt, clockApartMs, setAside, journals]) => ({
    ...{ terminalKey, online: online === 1, lastSeenAt, clockApartMs, setAside },
    journals: journals.map(([key, announced, totals, implausible]) => ({
      ...{ key, announced, implausible: implausible === 1 },
      totals: totals && { satisfied: totals[0], basically: totals[1], unsatisfied: totals[2] },
    })),
  }));
}
