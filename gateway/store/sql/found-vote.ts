/** One vote by what people name it by. */
import type { VoteDecision } from '../../domain/review-steps.ts';
import type { RatingCode } from '../../domain/tally.ts';
import type { ChannelCode, ClockCode, VerdictCode } from '../ledger.ts';
import type {
  FoundVote,
  OriginVoteName,
  TerminalVote,
  VoteIdentity,
  VoteReview,
  VoteSource,
} from '../verdicts.ts';
import { originKeyOf } from './review/origin.ts';
import { chunksOf } from './review/rows.ts';
import type { Queries } from './sql-database.ts';

export async function findVote(queries: Queries, vote: VoteIdentity): Promise<FoundVote | null> {
  const number = 'key' in vote ? await numberOfKey(queries, vote) : await numberOf(queries, vote);
  if (!number) return null;
  const row = await queries
    .selectFrom('votes as v')
    .leftJoin('sources as s', 's.key', 'v.source_key')
    .innerJoin('boots as b', 'b.key', 'v.boot_key')
    .leftJoin('datings as d', (join) =>
      join.onRef('d.source_key', '=', 'v.source_key').onRef('d.seq', '=', 'v.seq'),
    )
    .leftJoin('decided_votes as o', (join) =>
      join.onRef('o.source_key', '=', 'v.source_key').onRef('o.seq', '=', 'v.seq'),
    )
    .select([
      'v.source_key as journalKey',
      's.terminal_key as terminalKey',
      'v.seq',
      'v.window_key as windowKey',
      'v.channel',
      'v.rating',
      'v.at',
      'v.clock',
      'v.mono',
      'v.verdict',
      'v.received_at as receivedAt',
      'b.boot',
      'd.claimed_at as claimedAt',
      'o.by_rules as byRules',
    ])
    .where('v.source_key', '=', number.journalKey)
    .where('v.seq', '=', number.seq)
    .executeTakeFirst();
  if (!row) return null;
  const { claimedAt, channel, rating, clock, verdict, byRules, ...rest } = row;
  return {
    ...rest,
    channel: channel as ChannelCode,
    rating: rating as RatingCode,
    clock: clock as ClockCode,
    verdict: verdict as VerdictCode,
    ...{ byRules: (byRules ?? verdict) as VerdictCode, isDecided: byRules !== null },
    ...{ claimedAt, isPlaced: claimedAt !== null },
    reviews: byRules === null ? [] : await reviewsOf(queries, row),
    waiting: await queries
      .selectFrom('unjudged')
      .select(['from_at as from', 'to_at as to'])
      .where('window_key', '=', row.windowKey)
      .execute(),
  };
}

type VoteNumber = { journalKey: number; seq: number };

async function numberOf(queries: Queries, vote: TerminalVote): Promise<VoteNumber | null> {
  const row = await queries
    .selectFrom('sources as s')
    .innerJoin('terminals as t', 't.key', 's.terminal_key')
    .select('s.key')
    .where('t.id', '=', vote.terminalId)
    .where('s.epoch', '=', vote.epoch)
    .executeTakeFirst();
  return row ? { journalKey: row.key, seq: vote.seq } : null;
}

async function numberOfKey(queries: Queries, { origin, key }: OriginVoteName): Promise<VoteNumber | null> {
  const journalKey = await originKeyOf(queries, origin);
  const row = await queries
    .selectFrom('origin_votes')
    .select('seq')
    .where('source_key', '=', journalKey)
    .where('key', '=', key)
    .executeTakeFirst();
  return row ? { journalKey, seq: row.seq } : null;
}

async function reviewsOf(
  queries: Queries,
  { journalKey, seq }: { journalKey: number; seq: number },
): Promise<VoteReview[]> {
  const rows = await queries
    .selectFrom('review_votes as v')
    .innerJoin('reviews as r', 'r.key', 'v.review_key')
    .innerJoin('review_events as e', 'e.review_key', 'r.key')
    .select(['r.id', 'r.decision', 'r.proposed_by as proposedBy'])
    .select(['e.at as madeAt', 'e.made_by as madeBy', 'e.reason'])
    .where('v.source_key', '=', journalKey)
    .where('v.seq', '=', seq)
    .where('r.state', '=', 'confirmed')
    .where(({ eb, selectFrom }) =>
      eb(
        'e.key',
        '=',
        selectFrom('review_events as l')
          .whereRef('l.review_key', '=', 'r.key')
          .where('l.step', '=', 'confirm')
          .select(({ fn }) => fn.max('l.key').as('key')),
      ),
    )
    .orderBy('r.confirmed_order')
    .execute();
  return rows.map(({ decision, proposedBy, ...row }) => ({
    ...{ ...row, decision: decision as VoteDecision, proposedBy: proposedBy ?? '' },
  }));
}

export async function journalsOf(
  queries: Queries,
  keys: readonly number[],
): Promise<Map<number, VoteSource>> {
  const journals = new Map<number, VoteSource>();
  for (const some of chunksOf(keys)) {
    const rows = await queries
      .selectFrom('sources as s')
      .innerJoin('terminals as t', 't.key', 's.terminal_key')
      .select(['s.key', 't.id as terminalId', 's.epoch'])
      .where('s.key', 'in', some)
      .execute();
    for (const { key, ...journal } of rows) journals.set(key, { ...journal, origin: null });
    const systems = await queries
      .selectFrom('origins')
      .select(['key', 'name as origin'])
      .where('key', 'in', some)
      .execute();
    for (const { key, origin } of systems) journals.set(key, { terminalId: null, epoch: null, origin });
  }
  return journals;
}
