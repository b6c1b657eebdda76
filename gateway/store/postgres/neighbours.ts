/** What gateways tell each other, as notices of the database. */
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { EpochMs, Seq } from '../../../protocol/ids.ts';
import type { Corrected, VerdictCode, VoteRecord } from '../ledger.ts';
import type { CommitId, NeighbourListener, Neighbours } from '../neighbours.ts';
import type { Announce } from './ledger.ts';
import { createNotices } from './notices.ts';
import type { SessionOptions } from './session.ts';

/** Of one item. A vote takes 30 bytes or so, a key 10. */
const VOTES_AT_ONCE = 150;
const KEYS_AT_ONCE = 300;
const LATEST_MS = 253_402_300_799_999;

const key = Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 });
/** A journal, or an origin in its place: its key is below 0. */
const source = Type.Union([key, Type.Integer({ minimum: -(2 ** 31), maximum: -1 })]);
const rating = Type.Union([Type.Literal(0), Type.Literal(1), Type.Literal(2)]);
/** No sum with the other is beyond what a calendar knows. */
const since = Type.Integer({ minimum: -LATEST_MS, maximum: LATEST_MS });
const votesSchema = Compile(
  Type.Tuple([
    Type.Literal('votes'),
    Type.String({ pattern: '^[0-9]{1,20}$' }),
    /** Milliseconds that the times of the votes count from. */
    EpochMs,
    /** journal or origin, number, window, rating, time */
    Type.Array(Type.Tuple([source, Seq, key, rating, since])),
  ]),
);
const verdict = Type.Integer({ minimum: 0, maximum: 8 });
const correctedSchema = Compile(
  Type.Tuple([
    Type.Literal('corrected'),
    Type.String({ pattern: '^[0-9]{1,20}$' }),
    EpochMs,
    /** window, rating, time, verdict before and after, whether a person has excluded it */
    Type.Array(
      Type.Tuple([key, rating, since, verdict, verdict, Type.Union([Type.Literal(0), Type.Literal(1)])]),
    ),
  ]),
);
const journalsSchema = Compile(Type.Tuple([Type.Literal('journals'), Type.Array(key)]));
const wordSchema = Compile(Type.Tuple([Type.Literal('word'), Type.Unknown()]));

export type PostgresNeighbours = Neighbours & { announce: Announce };

/** @param nonsense something else is told there */
export function createNeighbours(
  link: SessionOptions,
  auditKey: () => Buffer | null,
  nonsense: () => void,
): PostgresNeighbours {
  const notices = createNotices(link, auditKey);
  return {
    announce: {
      stored(commit, votes) {
        for (const some of inParts(votes, VOTES_AT_ONCE)) notices.tell(votesItem(commit, some));
      },
      corrected(commit, corrected) {
        for (const some of inParts(corrected, VOTES_AT_ONCE)) notices.tell(correctedItem(commit, some));
      },
      journals(keys) {
        for (const some of inParts(keys, KEYS_AT_ONCE)) notices.tell(['journals', some]);
      },
      doubtful: notices.skip,
    },
    join: (instance, listener) =>
      notices.join(instance, {
        heard(from, items) {
          for (const item of items) if (!hear(from, item, from === instance, listener)) nonsense();
        },
        missed: listener.missed,
        nonsense,
      }),
    tell: (word) => notices.tell(['word', word]),
    leave: notices.leave,
  };
}

function votesItem(commit: CommitId, votes: readonly VoteRecord[]): unknown[] {
  const base = (votes[0] as VoteRecord).at;
  const rows = votes.map(({ journalKey, seq, windowKey, rating, at }) => [
    ...[journalKey, seq, windowKey],
    ...[rating, at - base],
  ]);
  return ['votes', commit, base, rows];
}

function correctedItem(commit: CommitId, corrected: readonly Corrected[]): unknown[] {
  const base = (corrected[0] as Corrected).at;
  const rows = corrected.map(({ windowKey, rating, at, from, to, excluded }) => [
    ...[windowKey, rating, at - base],
    ...[from, to, excluded ? 1 : 0],
  ]);
  return ['corrected', commit, base, rows];
}

/** @returns false for what is none of these. */
function hear(from: string, item: unknown, isOwn: boolean, listener: NeighbourListener): boolean {
  if (wordSchema.Check(item)) listener.word(from, item[1]);
  else if (votesSchema.Check(item)) {
    if (isOwn) return true;
    const [, commit, base, rows] = item;
    const votes = rows.map(([journalKey, seq, windowKey, rating, since]) => ({
      ...{ journalKey, seq, windowKey, rating, at: base + since },
    }));
    listener.votes(commit, votes);
  } else if (correctedSchema.Check(item)) {
    if (isOwn) return true;
    const [, commit, base, rows] = item;
    const corrected = rows.map(([windowKey, rating, since, from, to, excluded]) => ({
      ...{ windowKey, rating, at: base + since, excluded: excluded === 1 },
      ...{ from: from as VerdictCode, to: to as VerdictCode },
    }));
    listener.corrected(commit, corrected);
  } else if (journalsSchema.Check(item)) {
    if (!isOwn) listener.journals(item[1]);
  } else return false;
  return true;
}

function* inParts<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += size) yield all.slice(from, from + size);
}
