/** Judging what is stored, in SQL that both databases understand. */
import type { VerdictCode } from '../ledger.ts';
import type { Judging, PressSpan, VerdictStore } from '../verdicts.ts';
import type { Queries, SqlDatabase } from './sql-database.ts';
import type { ReadPresses } from './stored-presses.ts';
import { type Change, correct, type WriteVerdicts } from './verdict-changes.ts';
import { backlogOf, countWaiting, firstPartOf, settle, waitingOf } from './waiting-spans.ts';

/** So long no vote is stored, and what waits for this thread waits. */
const STEP_MS = 25;

export type VerdictTables = { read: ReadPresses; write: WriteVerdicts };

export function createVerdictStore(database: SqlDatabase, tables: VerdictTables): VerdictStore {
  return {
    async isWaiting() {
      const row = await database.queries.selectFrom('unjudged').select('key').limit(1).executeTakeFirst();
      return row !== undefined;
    },
    judge: (by, forMs = STEP_MS) =>
      database.transaction(async (queries) => {
        await database.holdVotes(queries);
        const { versions } = await queries
          .selectFrom('rule_versions')
          .select(({ fn }) => fn.countAll<number>().as('versions'))
          .executeTakeFirstOrThrow();
        if (Number(versions) !== by.versions())
          return {
            ...{ isStale: true, commit: null, corrected: [], votes: 0 },
            waiting: await countWaiting(queries),
          };
        const { changes, votes } = await judgeSome(queries, by, tables.read, forMs);
        const corrected = await correct(queries, changes, tables.write);
        const commit = corrected.length > 0 ? await database.commitId(queries) : null;
        return { isStale: false, commit, corrected, votes, waiting: await countWaiting(queries) };
      }),
    backlog: () => backlogOf(database.queries),
  };
}

type Found = { votes: number; changes: Change[] };

/** One part at the least. */
async function judgeSome(queries: Queries, by: Judging, read: ReadPresses, forMs: number): Promise<Found> {
  const endAt = performance.now() + forMs;
  const found: Found = { votes: 0, changes: [] };
  for (const waiting of await waitingOf(queries)) {
    const { windowKey, to } = waiting;
    let { from } = waiting;
    do {
      const part = await firstPartOf(queries, windowKey, { from, to });
      if (part !== null) await judgePart(queries, by, read, windowKey, part, found);
      from = (part?.to ?? to) + 1;
    } while (from <= to && performance.now() < endAt);
    await settle(queries, waiting, from - 1);
    if (performance.now() >= endAt) break;
  }
  return found;
}

async function judgePart(
  queries: Queries,
  by: Judging,
  read: ReadPresses,
  windowKey: number,
  part: PressSpan,
  into: Found,
): Promise<void> {
  const { affected, needed } = by.reachOf(windowKey, part);
  const votes = await read(queries, windowKey, needed);
  const verdicts = by.verdictsOf(windowKey, votes, needed);
  into.votes += votes.length;
  votes.forEach((vote, index) => {
    const verdict = verdicts[index] as VerdictCode;
    if (vote.at >= affected.from && vote.at <= affected.to && vote.verdict !== verdict)
      into.changes.push({ windowKey, vote, verdict });
  });
}
