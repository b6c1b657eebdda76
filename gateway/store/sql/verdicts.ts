/** Judging what is stored, in SQL that both databases understand. */
import type { VerdictCode } from '../ledger.ts';
import type { Foreseen, VerdictStore } from '../verdicts.ts';
import { findVote, journalsOf } from './found-vote.ts';
import { judgeSome, type Pending, type VerdictTables } from './judging.ts';
import { heldRevision } from './noted.ts';
import { ofUndecided } from './reviews/decided-votes.ts';
import type { Queries, SqlDatabase } from './sql-database.ts';
import { correct, NoLongerSo } from './verdict-changes.ts';
import {
  areWaiting,
  backlogOf,
  countWaiting,
  isFarBefore,
  longBefore,
  settle,
  settleForeseen,
  type Waiting,
  waitingOf,
} from './waiting-spans.ts';

/** So long no vote is stored, and what waits for this thread waits. */
const STEP_MS = 30;

/** Reads in a transaction of its own that sees one moment, and holds nobody up. */
export type InOneMoment = <T>(read: (queries: Queries) => Promise<T>) => Promise<T>;

export function createVerdictStore(
  database: SqlDatabase,
  tables: VerdictTables,
  inOneMoment: InOneMoment,
): VerdictStore {
  return {
    async isWaiting() {
      const row = await database.queries.selectFrom('unjudged').select('key').limit(1).executeTakeFirst();
      return row !== undefined;
    },
    waiting: (before) => areWaiting(database.queries, before),
    judge: (by, { forMs = STEP_MS, leaves } = {}) =>
      database.transaction(async (queries) => {
        await database.holdVotes(queries, 'keys');
        if ((await heldRevision(queries)) !== by.revision())
          return {
            ...{ isStale: true, commit: null, corrected: [], votes: 0 },
            waiting: await countWaiting(queries),
          };
        const endAt = performance.now() + forMs;
        const found = await judgeSome(queries, by, tables, await waitingOf(queries, leaves), { endAt });
        await settle(queries, found.judged);
        return written(database, queries, tables, found);
      }),
    foresee: (by, pending, { before, forMs }) =>
      inOneMoment(async (queries) => {
        const revision = await heldRevision(queries);
        if (revision !== by.revision()) return null;
        const decisions = await decisionsMade(queries);
        const besides = pending.reduce((spans, one) => spans + one.spans.length, 0);
        const waiting = notPending(await longBefore(queries, before, besides), pending, before);
        const found = await judgeSome(queries, by, tables, waiting, {
          endAt: performance.now() + forMs,
          pending: verdictsOf(pending),
        });
        return {
          ...{ revision, decisions, seen: found.seen, changes: found.changes.map(sent), votes: found.votes },
          spans: found.judged.flatMap(({ waiting: { from, spans }, judgedTo }) =>
            spans.map(({ key, to }) => ({ key, from, to, judgedTo })),
          ),
        };
      }),
    async adopt(foreseen) {
      try {
        return await database.transaction(async (queries) => {
          await database.holdVotes(queries, 'keys');
          await assertSo(queries, tables, foreseen);
          await settleForeseen(queries, foreseen.spans);
          return written(database, queries, tables, foreseen);
        });
      } catch (error) {
        if (error instanceof NoLongerSo) return null;
        throw error;
      }
    },
    async nextPart(windowKey, span) {
      const [part = null] = await tables.firstParts(database.queries, [{ windowKey, ...span }]);
      return part;
    },
    async presses(windowKey, span) {
      const [seen] = await tables.read(database.queries, [{ windowKey, ...span }]);
      return seen?.votes ?? [];
    },
    find: (vote) => findVote(database.queries, vote),
    journals: (keys) => journalsOf(database.queries, keys),
    backlog: () => backlogOf(database.queries),
  };
}

async function written(
  database: SqlDatabase,
  queries: Queries,
  tables: VerdictTables,
  { changes, votes }: Pick<Foreseen, 'changes' | 'votes'>,
) {
  const corrected = await correct(queries, await ofUndecided(queries, changes), tables.write);
  const commit = corrected.length > 0 ? await database.commitId(queries) : null;
  return { isStale: false, commit, corrected, votes, waiting: await countWaiting(queries) };
}

const decisionsMade = async (queries: Queries): Promise<number> =>
  (await queries.selectFrom('reviewed').select('decisions').executeTakeFirstOrThrow()).decisions;

/**
 * A vote that came meanwhile is one more in its quarter of an hour; one that a person has touched is a decision, or other rules. What else
 * changes a verdict (a vote beside it that came, its time) has changed that of the vote itself, or waits to be judged, after this.
 */
async function assertSo(queries: Queries, tables: VerdictTables, foreseen: Foreseen): Promise<void> {
  const { revision, decisions, seen } = foreseen;
  if ((await heldRevision(queries)) !== revision) throw new NoLongerSo('the rules');
  if ((await decisionsMade(queries)) !== decisions) throw new NoLongerSo('what people have decided');
  const counts = await tables.pressed(queries, seen);
  if (seen.some(({ votes }, index) => counts[index] !== votes)) throw new NoLongerSo('the votes');
}

/** As they wait when what is pending is written. */
function notPending(waiting: readonly Waiting[], pending: readonly Foreseen[], before: number): Waiting[] {
  const judgedTo = new Map<number, number>();
  for (const { spans } of pending) for (const span of spans) judgedTo.set(span.key, span.judgedTo);
  return waiting.flatMap((one) => {
    const [{ key }] = one.spans as [Waiting['spans'][number]];
    const to = judgedTo.get(key);
    const from = to === undefined ? one.from : Math.max(one.from, to + 1);
    return from <= one.to && isFarBefore(from, before) ? { ...one, from } : [];
  });
}

function verdictsOf(pending: readonly Foreseen[]): Pending {
  const verdicts = new Map<number, Map<number, VerdictCode>>();
  for (const { changes } of pending)
    for (const { vote, verdict } of changes) {
      const ofJournal = verdicts.get(vote.journalKey);
      if (ofJournal) ofJournal.set(vote.seq, verdict);
      else verdicts.set(vote.journalKey, new Map([[vote.seq, verdict]]));
    }
  return verdicts;
}

/** What of a change is sent to who writes it. */
const sent = ({ windowKey, vote, verdict: becomes }: Foreseen['changes'][number]) => {
  const { journalKey, terminalKey, seq, channel, rating, at, verdict, byRules, isDecided } = vote;
  return {
    windowKey,
    vote: { journalKey, terminalKey, seq, channel, rating, at, verdict, byRules, isDecided },
    verdict: becomes,
  };
};
