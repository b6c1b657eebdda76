/** Judging what is stored, in SQL that both databases understand. */
import type { RawBuilder } from 'kysely';
import type { VerdictCode } from '../ledger.ts';
import type { Judging, PressSpan, StoredPress, VerdictStore } from '../verdicts.ts';
import { findVote, journalsOf } from './found-vote.ts';
import { heldRevision } from './noted.ts';
import { ofUndecided } from './reviews/decided-votes.ts';
import type { Queries, SqlDatabase } from './sql-database.ts';
import { type Change, correct, type WriteVerdicts } from './verdict-changes.ts';
import {
  backlogOf,
  countWaiting,
  type Part,
  settle,
  VOTES_AT_ONCE,
  type Waiting,
  WHOLE_MS,
  type WindowSpan,
  waitingOf,
} from './waiting-spans.ts';

/** So long no vote is stored, and what waits for this thread waits. */
const STEP_MS = 30;
/** Windows that are looked at together. */
const WINDOWS_AT_ONCE = 16;

/** What each database does in its own way, for many votes. */
export type VerdictTables = {
  /** The database reads while this thread judges: what is next is asked for before what has been read is judged. */
  readsAhead: boolean;
  /** Of each span the part that is first; null where it has no votes. */
  firstParts(queries: Queries, spans: readonly WindowSpan[]): Promise<(Part | null)[]>;
  /** All votes of each, by press time, journal and number. */
  read(queries: Queries, spans: readonly WindowSpan[]): Promise<StoredPress[][]>;
  write: WriteVerdicts;
  /** To read from: rollups, `kept`, and what a table has beside each as `x`, looked up through its key. It has no index by windows. */
  besideKept(table: 'discounted' | 'excluded'): RawBuilder<unknown>;
};

export function createVerdictStore(database: SqlDatabase, tables: VerdictTables): VerdictStore {
  return {
    async isWaiting() {
      const row = await database.queries.selectFrom('unjudged').select('key').limit(1).executeTakeFirst();
      return row !== undefined;
    },
    judge: (by, forMs = STEP_MS) =>
      database.transaction(async (queries) => {
        await database.holdVotes(queries, 'keys');
        if ((await heldRevision(queries)) !== by.revision())
          return {
            ...{ isStale: true, commit: null, corrected: [], votes: 0 },
            waiting: await countWaiting(queries),
          };
        const { changes, votes } = await judgeSome(queries, by, tables, performance.now() + forMs);
        const corrected = await correct(queries, await ofUndecided(queries, changes), tables.write);
        const commit = corrected.length > 0 ? await database.commitId(queries) : null;
        return { isStale: false, commit, corrected, votes, waiting: await countWaiting(queries) };
      }),
    async nextPart(windowKey, span) {
      const [part = null] = await tables.firstParts(database.queries, [{ windowKey, ...span }]);
      return part;
    },
    async presses(windowKey, span) {
      const [votes = []] = await tables.read(database.queries, [{ windowKey, ...span }]);
      return votes;
    },
    find: (vote) => findVote(database.queries, vote),
    journals: (keys) => journalsOf(database.queries, keys),
    backlog: () => backlogOf(database.queries),
  };
}

type JudgedChange = Change & { vote: StoredPress };
type Found = { votes: number; changes: JudgedChange[] };
/** What of it is judged already is what is before `from`. */
type Open = {
  waiting: Waiting;
  from: number;
  /** The part that is next; left out while nobody has looked for it. */
  first?: Part | null;
};
type Next = { open: Open; part: Part | null };
/** All votes that it takes to judge a part. */
type Read = { windowKey: number; affected: PressSpan; needed: PressSpan; votes: StoredPress[] };

/** One part at the least. */
async function judgeSome(
  queries: Queries,
  by: Judging,
  tables: VerdictTables,
  endAt: number,
): Promise<Found> {
  const found: Found = { votes: 0, changes: [] };
  const all = (await waitingOf(queries)).map((waiting): Open => ({ waiting, from: waiting.from }));
  const isOpen = ({ waiting, from }: Open) => from <= waiting.to;
  let left = all;
  const readNext = async (): Promise<Read[]> => {
    const next = await nextOf(queries, tables, left.slice(0, WINDOWS_AT_ONCE));
    for (const { open, part } of next) {
      open.from = (part?.to ?? open.waiting.to) + 1;
      delete open.first;
    }
    left = left.filter(isOpen);
    return readParts(queries, by, tables, next);
  };
  const goesOn = () => left.length > 0 && performance.now() < endAt;
  for (let reading = left.length > 0 ? readNext() : null; reading !== null; ) {
    const read = await reading;
    reading = tables.readsAhead && goesOn() ? readNext() : null;
    // What it fails with is told where it is awaited, if that comes to pass.
    reading?.catch(() => {});
    judgeParts(by, read, found);
    if (!tables.readsAhead && goesOn()) reading = readNext();
  }
  const judged = all.filter(({ waiting, from }) => from > waiting.from);
  await settle(
    queries,
    judged.map(({ waiting, from }) => ({ waiting, judgedTo: from - 1 })),
  );
  return found;
}

/** As many as have the votes of one go. Of what follows is asked for as many as there may be room for, by those before. */
async function nextOf(queries: Queries, tables: VerdictTables, those: readonly Open[]): Promise<Next[]> {
  const next: Next[] = [];
  let votes = 0;
  while (next.length < those.length) {
    // Those that follow may have many more: what is found of them in vain costs as much as to read them.
    const few = next.length === 0 ? 1 : next.length * Math.min(1, (VOTES_AT_ONCE - votes) / votes);
    if (few < 0.5) break;
    const some = those.slice(next.length, next.length + Math.ceil(few));
    for (const one of await partsOf(queries, tables, some)) {
      const more = one.part?.votes ?? 0;
      if (next.length > 0 && votes + more > VOTES_AT_ONCE) return next;
      votes += more;
      next.push(one);
    }
  }
  return next;
}

async function partsOf(queries: Queries, tables: VerdictTables, those: readonly Open[]): Promise<Next[]> {
  const spanOf = ({ waiting: { windowKey, to }, from }: Open): WindowSpan => ({ windowKey, from, to });
  const unknown = those.filter(({ first }) => first === undefined);
  const long = unknown.filter(({ waiting: { to }, from }) => to - from > WHOLE_MS);
  const parts = long.length > 0 ? await tables.firstParts(queries, long.map(spanOf)) : [];
  for (const open of unknown) open.first = { ...spanOf(open), votes: 0 };
  for (const [index, open] of long.entries()) open.first = parts[index] ?? null;
  return those.map((open) => ({ open, part: open.first ?? null }));
}

async function readParts(
  queries: Queries,
  by: Judging,
  tables: VerdictTables,
  next: readonly Next[],
): Promise<Read[]> {
  const reaches = next.flatMap(({ open: { waiting }, part }) => {
    const { windowKey } = waiting;
    return part === null ? [] : { windowKey, ...by.reachOf(windowKey, part) };
  });
  if (reaches.length === 0) return [];
  const read = await tables.read(
    queries,
    reaches.map(({ windowKey, needed }) => ({ windowKey, ...needed })),
  );
  return reaches.map((reach, index) => ({ ...reach, votes: read[index] as StoredPress[] }));
}

function judgeParts(by: Judging, read: readonly Read[], into: Found): void {
  for (const { windowKey, affected, needed, votes } of read) {
    into.votes += votes.length;
    for (const change of changesOf(votes, by.verdictsOf(windowKey, votes, needed), affected))
      into.changes.push({ windowKey, ...change });
  }
}

function* changesOf(
  votes: readonly StoredPress[],
  verdicts: readonly VerdictCode[],
  { from, to }: PressSpan,
): Generator<Omit<JudgedChange, 'windowKey'>> {
  for (const [index, vote] of votes.entries()) {
    const verdict = verdicts[index] as VerdictCode;
    if (vote.at >= from && vote.at <= to && vote.byRules !== verdict) yield { vote, verdict };
  }
}
