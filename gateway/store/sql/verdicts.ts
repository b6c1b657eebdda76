/** Judging what is stored, in SQL that both databases understand. */
import type { VerdictCode } from '../ledger.ts';
import type { Judging, PressSpan, VerdictStore } from '../verdicts.ts';
import type { Queries, SqlDatabase } from './sql-database.ts';
import { pressesWithin } from './stored-presses.ts';
import { type Change, correct } from './verdict-changes.ts';
import { firstPartOf, settle, VOTES_AT_ONCE, waitingOf } from './waiting-spans.ts';

export function createVerdictStore(database: SqlDatabase): VerdictStore {
  return {
    async isWaiting() {
      const row = await database.queries.selectFrom('unjudged').select('key').limit(1).executeTakeFirst();
      return row !== undefined;
    },
    judge: (by) =>
      database.transaction(async (queries) => {
        await database.holdVotes(queries);
        const { versions } = await queries
          .selectFrom('rule_versions')
          .select(({ fn }) => fn.countAll<number>().as('versions'))
          .executeTakeFirstOrThrow();
        if (Number(versions) !== by.versions())
          return { isStale: true, commit: null, corrected: [], votes: 0 };
        const changes: (Change & { windowKey: number })[] = [];
        let votes = 0;
        for (const waiting of await waitingOf(queries)) {
          if (votes >= VOTES_AT_ONCE) break;
          const { windowKey } = waiting;
          const part = await firstPartOf(queries, waiting);
          if (part !== null) {
            const judged = await judgeSpan(queries, by, windowKey, part);
            votes += judged.votes;
            for (const change of judged.changes) changes.push({ ...change, windowKey });
          }
          await settle(queries, waiting, part?.to ?? waiting.to);
        }
        const corrected = await correct(queries, changes);
        const commit = corrected.length > 0 ? await database.commitId(queries) : null;
        return { isStale: false, commit, corrected, votes };
      }),
  };
}

async function judgeSpan(
  queries: Queries,
  by: Judging,
  windowKey: number,
  span: PressSpan,
): Promise<{ votes: number; changes: Change[] }> {
  const { affected, needed } = by.reachOf(windowKey, span);
  const found = await pressesWithin(queries, windowKey, needed);
  const verdicts = by.verdictsOf(
    windowKey,
    found.map(({ isPlaced, isExcluded: _, ...press }) => ({ ...press, isPlaced: isPlaced === 1 })),
  );
  const changes: Change[] = [];
  found.forEach((vote, index) => {
    const verdict = verdicts[index] as VerdictCode;
    if (vote.at >= affected.from && vote.at <= affected.to && vote.verdict !== verdict)
      changes.push({ vote, verdict });
  });
  return { votes: found.length, changes };
}
