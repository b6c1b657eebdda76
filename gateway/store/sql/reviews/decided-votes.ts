/**
 * Votes that two people have decided about. What such a vote counts for stands in its row, like every verdict, so that all that is counted
 * follows; what the rules say of it is kept beside it, and is what it counts for again when the decision is taken back.
 */
import { sql } from 'kysely';
import { VERDICTS } from '../../../../protocol/verdict.ts';
import type { VoteDecision } from '../../../domain/review-steps.ts';
import type { VerdictCode } from '../../ledger.ts';
import type { Settled } from '../../reviews.ts';
import type { StoredPress } from '../../verdicts.ts';
import { concernedIds } from '../review/concerned.ts';
import { decidedOn } from '../review/decided.ts';
import { chunksOf } from '../review/rows.ts';
import type { Queries, SqlDatabase } from '../sql-database.ts';
import { type Change, type ChangedVote, correct, type WriteVerdicts } from '../verdict-changes.ts';

const COUNTED = 0 satisfies VerdictCode;
const IMPUTED = VERDICTS.indexOf('imputed') as VerdictCode;
const DISMISSED = VERDICTS.indexOf('dismissed') as VerdictCode;

/** As `withReview` of the domain: what a system gave is never a citizen's vote. */
const decided = (decision: VoteDecision | null, byRules: VerdictCode): VerdictCode =>
  decision === null || byRules === IMPUTED ? byRules : decision === 'dismiss' ? DISMISSED : COUNTED;

type Row = ChangedVote & {
  windowKey: number;
  byRules: VerdictCode;
  isDecided: 0 | 1;
  /** The latest confirmed review that it is in. */
  winner: number | null;
};

/** In a change, when the review has its new state. */
export async function settle(
  database: Pick<SqlDatabase, 'holdVotes'>,
  queries: Queries,
  key: number,
  write: WriteVerdicts,
): Promise<Settled> {
  const corrected = await decidedOn(
    database,
    queries,
  )(async () => {
    await queries
      .updateTable('reviews')
      .set(({ selectFrom }) => ({
        confirmed_order: selectFrom('reviewed').select(({ eb }) => eb('decisions', '+', 1).as('order')),
      }))
      .where('key', '=', key)
      .where('state', '=', 'confirmed')
      .execute();
    const rows = await votesOf(queries, key);
    const decisions = await decisionsOf(queries, rows);
    const becomes = rows.map((vote) => {
      const decision = vote.winner === null ? null : (decisions.get(vote.winner) ?? null);
      return { vote, decision, verdict: decided(decision, vote.byRules) };
    });
    await keep(queries, becomes);
    const changes = becomes
      .filter(({ vote, verdict }) => vote.verdict !== verdict)
      .map(({ vote, verdict }) => ({ windowKey: vote.windowKey, vote, verdict }));
    return correct(queries, changes, write);
  });
  const { decisions } = await queries.selectFrom('reviewed').select('decisions').executeTakeFirstOrThrow();
  const concerned = await concernedIds(
    queries,
    corrected.map(({ windowKey }) => windowKey),
  );
  return { corrected, decisions, concerned };
}

async function votesOf(queries: Queries, key: number): Promise<Row[]> {
  const { rows } = await sql<Row>`
    SELECT v.source_key AS "journalKey", s.terminal_key AS "terminalKey", v.seq, v.channel, v.rating, v.at, v.verdict,
      v.window_key AS "windowKey", coalesce(d.by_rules, v.verdict) AS "byRules",
      CASE WHEN d.seq IS NULL THEN 0 ELSE 1 END AS "isDecided",
      (SELECT c.key FROM review_votes o JOIN reviews c ON c.key = o.review_key
       WHERE o.source_key = v.source_key AND o.seq = v.seq AND c.state = 'confirmed'
       ORDER BY c.confirmed_order DESC LIMIT 1) AS winner
    FROM review_votes r JOIN votes v ON v.source_key = r.source_key AND v.seq = r.seq
    LEFT JOIN sources s ON s.key = v.source_key
    LEFT JOIN decided_votes d ON d.source_key = v.source_key AND d.seq = v.seq
    WHERE r.review_key = ${key} ORDER BY v.source_key, v.seq`.execute(queries);
  return rows;
}

async function decisionsOf(queries: Queries, rows: readonly Row[]): Promise<Map<number, VoteDecision>> {
  const keys = [...new Set(rows.flatMap(({ winner }) => winner ?? []))];
  const decisions = new Map<number, VoteDecision>();
  for (const some of chunksOf(keys)) {
    const found = queries.selectFrom('reviews').select(['key', 'decision']).where('key', 'in', some);
    for (const { key, decision } of await found.execute()) decisions.set(key, decision as VoteDecision);
  }
  return decisions;
}

async function keep(
  queries: Queries,
  votes: readonly { vote: Row; decision: VoteDecision | null }[],
): Promise<void> {
  for (const some of chunksOf(votes.filter(({ vote }) => vote.isDecided === 1))) {
    const rows = some.map(
      ({ vote }) => sql`(cast(${vote.journalKey} as bigint), cast(${vote.seq} as bigint))`,
    );
    await sql`DELETE FROM decided_votes WHERE (source_key, seq) IN (VALUES ${sql.join(rows)})`.execute(
      queries,
    );
  }
  const kept = votes.flatMap(({ vote: { journalKey, seq, byRules, winner }, decision }) =>
    decision === null || winner === null
      ? []
      : [{ source_key: journalKey, seq, review_key: winner, decision, by_rules: byRules }],
  );
  for (const some of chunksOf(kept)) await queries.insertInto('decided_votes').values(some).execute();
}

/**
 * What rules say anew of votes that two people have decided about is kept beside them.
 * @returns the other changes
 */
export async function ofUndecided(
  queries: Queries,
  changes: readonly (Change & { vote: Pick<StoredPress, 'isDecided'> })[],
): Promise<Change[]> {
  for (const { vote, verdict } of changes)
    if (vote.isDecided)
      await queries
        .updateTable('decided_votes')
        .set({ by_rules: verdict })
        .where('source_key', '=', vote.journalKey)
        .where('seq', '=', vote.seq)
        .execute();
  return changes.filter(({ vote }) => !vote.isDecided);
}
