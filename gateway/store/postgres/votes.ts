/** The votes of a commit and their rollups: one statement, and a second one for what was there already. */
import { QUARTER_MS } from '../../domain/calendar.ts';
import { StoreFailure } from '../failures.ts';
import type { VoteOutcome, VoteRecord } from '../ledger.ts';
import type { CommitId } from '../neighbours.ts';
import { IN_EXCLUSION } from '../sql/ledger-terms.ts';
import { storable } from '../text.ts';
import type { Boots } from './boots.ts';
import type { Transaction } from './connection.ts';
import { arrayOf } from './numbers.ts';

/** Asked once a commit: nearly every one is of a time in which nothing is excluded, and looks no further. */
const SOME_IS_EXCLUDED = `(SELECT EXISTS (SELECT FROM exclusions e WHERE e.ended_at IS NULL
      AND e.to_at > (SELECT min(at) FROM stored) AND e.from_at <= (SELECT max(at) FROM stored)))`;

/** In the order of the key, here and for the rollups: two that have the same rows to write never wait for each other in a ring. */
const insertVotes = (onConflict: string) => `
  WITH stored AS (
    INSERT INTO votes (source_key, seq, window_key, rating, at, clock, boot_key, mono, received_at, channel, verdict)
    SELECT * FROM unnest($1::int4[], $2::int4[], $3::int4[], $4::int2[], $5::int8[], $6::int2[], $7::int4[], $8::int8[], $9::int8[], $10::int2[], $11::int2[])
      AS sent (source_key, seq, window_key, rating, at, clock, boot_key, mono, received_at, channel, verdict)
    ORDER BY source_key, seq ${onConflict}
    RETURNING source_key, seq, window_key, rating, at, verdict
  ), rolled AS (
    INSERT INTO rollups AS kept
      (source_key, quarter, window_key, satisfied, basically, unsatisfied, first_seq, last_seq, last_at)
    SELECT source_key, at / ${QUARTER_MS}, window_key, count(*) FILTER (WHERE rating = 0), count(*) FILTER (WHERE rating = 1),
      count(*) FILTER (WHERE rating = 2), min(seq), max(seq), max(at)
    FROM stored GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (source_key, quarter, window_key) DO UPDATE SET
      satisfied = kept.satisfied + excluded.satisfied,
      basically = kept.basically + excluded.basically,
      unsatisfied = kept.unsatisfied + excluded.unsatisfied,
      first_seq = least(kept.first_seq, excluded.first_seq),
      last_seq = greatest(kept.last_seq, excluded.last_seq),
      last_at = greatest(kept.last_at, excluded.last_at)
  ), left_out AS (
    INSERT INTO excluded AS kept (source_key, quarter, window_key, satisfied, basically, unsatisfied)
    SELECT v.source_key, v.at / ${QUARTER_MS}, v.window_key, count(*) FILTER (WHERE v.rating = 0), count(*) FILTER (WHERE v.rating = 1),
      count(*) FILTER (WHERE v.rating = 2)
    FROM stored v WHERE ${SOME_IS_EXCLUDED} AND ${IN_EXCLUSION} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (source_key, quarter, window_key) DO UPDATE SET
      satisfied = kept.satisfied + excluded.satisfied,
      basically = kept.basically + excluded.basically,
      unsatisfied = kept.unsatisfied + excluded.unsatisfied
  ), discounting AS (
    INSERT INTO discounted AS kept (source_key, quarter, window_key, verdict, satisfied, basically, unsatisfied)
    SELECT v.source_key, v.at / ${QUARTER_MS}, v.window_key, v.verdict, count(*) FILTER (WHERE v.rating = 0),
      count(*) FILTER (WHERE v.rating = 1), count(*) FILTER (WHERE v.rating = 2)
    FROM stored v WHERE v.verdict <> 0 AND NOT (${SOME_IS_EXCLUDED} AND ${IN_EXCLUSION}) GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    ON CONFLICT (source_key, quarter, window_key, verdict) DO UPDATE SET
      satisfied = kept.satisfied + excluded.satisfied,
      basically = kept.basically + excluded.basically,
      unsatisfied = kept.unsatisfied + excluded.unsatisfied
  )
  SELECT pg_current_xact_id()::text AS commit, min(at) < (SELECT late_before::int8 * ${QUARTER_MS} FROM history_state) AS "isLate",
    (SELECT version FROM noted) AS revision, count(*)::int4 AS count, CASE WHEN count(*) < $12::int4 THEN array_agg(source_key) END AS journals,
    CASE WHEN count(*) < $12::int4 THEN array_agg(seq) END AS seqs FROM stored`;
/** Every one of them, or an error: a quarter less work than with a look for each whether it is there. */
const INSERT_NEW = { name: 'insert_new_votes', text: insertVotes('') };
const INSERT = { name: 'insert_votes', text: insertVotes('ON CONFLICT DO NOTHING') };
const SAVE = { text: 'SAVEPOINT before_votes' };
const GO_BACK = { text: 'ROLLBACK TO SAVEPOINT before_votes' };
/** A place to go back to costs a message to and fro: fewer votes than these are not worth it. */
const MANY = 64;
type Inserted = {
  commit: CommitId;
  /** Null where nothing was stored. */
  isLate: boolean | null;
  /** Of what gateways hold. */
  revision: number;
  count: number;
  journals: number[] | null;
  seqs: number[] | null;
};

/** A statement of its own, because only a new one sees what another has committed since the first began. */
const SELECT_BODIES = `
  SELECT v.source_key AS "journalKey", v.seq, v.rating, b.boot, v.mono
  FROM unnest($1::int4[], $2::int4[]) AS k (source_key, seq)
  JOIN votes v ON v.source_key = k.source_key AND v.seq = k.seq JOIN boots b ON b.key = v.boot_key`;
type Body = { rating: number; boot: string; mono: number };

/** No boot has it: it stands where a vote is stored already, and never gets into the table. */
const NO_BOOT = 0;

/** Positions in a batch, by the identity of the vote. */
class Places {
  private readonly byJournal = new Map<number, Map<number, number>>();

  get(journalKey: number, seq: number): number | undefined {
    return this.byJournal.get(journalKey)?.get(seq);
  }

  set(journalKey: number, seq: number, place: number): void {
    const known = this.byJournal.get(journalKey);
    if (known) known.set(seq, place);
    else this.byJournal.set(journalKey, new Map([[seq, place]]));
  }
}

/**
 * `outcomes` in the order of `votes`. `isLate`: some are of a quarter of an hour that is folded already, or is just being. `revision`:
 * what `RuleGround.revision` is by now; null where nothing was to be stored.
 */
export type StoredVotes = {
  commit: CommitId | null;
  outcomes: VoteOutcome[];
  isLate: boolean;
  revision: number | null;
};

export async function storeVotes(
  transaction: Transaction,
  boots: Boots,
  votes: readonly VoteRecord[],
): Promise<StoredVotes> {
  if (votes.length === 0) return { commit: null, outcomes: [], isLate: false, revision: null };
  const places = new Places();
  // Of a number that is in the batch twice, the first is the one that is stored.
  const firsts = votes.filter(({ journalKey, seq }, place) => {
    if (places.get(journalKey, seq) !== undefined) return false;
    places.set(journalKey, seq, place);
    return true;
  });
  const bodies = new Map<number, Body>();
  const { commit, stored, isLate, revision } = await insert(transaction, boots, firsts);
  if (stored !== 'all') {
    const wasThere = firsts.filter(({ journalKey, seq }) => !stored.has(`${journalKey}/${seq}`));
    for (const { journalKey, seq, ...body } of await selectBodies(transaction, wasThere))
      bodies.set(places.get(journalKey, seq) as number, body);
    if (bodies.size < wasThere.length)
      throw new StoreFailure('storage-failed', 'a vote was neither stored nor there already');
  }
  const outcomes = votes.map((vote, place): VoteOutcome => {
    const first = places.get(vote.journalKey, vote.seq) as number;
    const body = bodies.get(first);
    if (first === place && body === undefined) return 'stored';
    const { rating, boot, mono } = body ?? (votes[first] as VoteRecord);
    const same = rating === vote.rating && mono === vote.mono && storable(boot) === storable(vote.boot);
    return same ? 'duplicate' : 'conflict';
  });
  return { commit, outcomes, isLate, revision };
}

async function insert(
  transaction: Transaction,
  boots: Boots,
  votes: readonly VoteRecord[],
): Promise<{ stored: 'all' | ReadonlySet<string>; isLate: boolean } & Pick<Inserted, 'commit' | 'revision'>> {
  const bootKey = await boots.resolve(transaction, votes);
  const values = [
    arrayOf(votes.map(({ journalKey }) => journalKey)),
    arrayOf(votes.map(({ seq }) => seq)),
    arrayOf(votes.map(({ windowKey }) => windowKey)),
    arrayOf(votes.map(({ rating }) => rating)),
    arrayOf(votes.map(({ at }) => at)),
    arrayOf(votes.map(({ clock }) => clock)),
    arrayOf(votes.map(({ boot }) => bootKey(boot) ?? NO_BOOT)),
    arrayOf(votes.map(({ mono }) => mono)),
    arrayOf(votes.map(({ receivedAt }) => receivedAt)),
    arrayOf(votes.map(({ channel }) => channel)),
    arrayOf(votes.map(({ verdict }) => verdict ?? 0)),
    votes.length,
  ];
  // Whose boot is not known is there already.
  const mayBeNew = votes.length >= MANY && votes.every(({ boot }) => bootKey(boot) !== undefined);
  const inserted =
    (mayBeNew ? await insertNew(transaction, values) : null) ??
    (await transaction.rows<Inserted>({ ...INSERT, values }))[0];
  if (!inserted) throw new StoreFailure('storage-failed', 'the database does not say what it has stored');
  const { commit, revision, count, journals, seqs } = inserted;
  const isLate = inserted.isLate === true;
  if (count === votes.length) return { commit, revision, stored: 'all', isLate };
  const stored = new Set((journals ?? []).map((journal, index) => `${journal}/${seqs?.[index]}`));
  return { commit, revision, stored, isLate };
}

/** Null when some are there already; nothing of it is stored then. */
async function insertNew(transaction: Transaction, values: readonly unknown[]): Promise<Inserted | null> {
  await transaction.rows(SAVE);
  try {
    const [inserted] = await transaction.rows<Inserted>({ ...INSERT_NEW, values });
    return inserted ?? null;
  } catch (error) {
    if (!isTaken(error)) throw error;
    await transaction.rows(GO_BACK);
    return null;
  }
}

/** SQLSTATE unique_violation. */
const isTaken = (error: unknown) =>
  error instanceof StoreFailure && (error.cause as { code?: unknown } | undefined)?.code === '23505';

function selectBodies(transaction: Transaction, votes: readonly VoteRecord[]) {
  const values = [arrayOf(votes.map(({ journalKey }) => journalKey)), arrayOf(votes.map(({ seq }) => seq))];
  return transaction.rows<Body & { journalKey: number; seq: number }>({ text: SELECT_BODIES, values });
}

const INSERT_DATINGS = `
  INSERT INTO datings (source_key, seq, claimed_at) SELECT * FROM unnest($1::int4[], $2::int4[], $3::int8[]) AS d (source_key, seq, claimed_at)
  ORDER BY source_key, seq ON CONFLICT (source_key, seq) DO UPDATE SET claimed_at = excluded.claimed_at`;

/** What is noted beside some of the votes that were stored just now. */
export async function noteBeside(transaction: Transaction, stored: readonly VoteRecord[]): Promise<void> {
  const redated = stored.filter(({ claimedAt }) => claimedAt !== undefined);
  if (redated.length > 0) {
    const values = [
      arrayOf(redated.map(({ journalKey }) => journalKey)),
      arrayOf(redated.map(({ seq }) => seq)),
      arrayOf(redated.map(({ claimedAt }) => claimedAt as number)),
    ];
    await transaction.rows({ text: INSERT_DATINGS, values });
  }
}
