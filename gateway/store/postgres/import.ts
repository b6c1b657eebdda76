/** Votes that come from a journal's file and not from its terminal: a commit like any other, beside gateways that run. */
import type { VoteOutcome } from '../ledger.ts';
import type { ImportedJournal, ReviewStore } from '../review.ts';
import { unjudgedOf } from '../sql/unjudged.ts';
import { createBoots } from './boots.ts';
import { createConnection, type Transaction } from './connection.ts';
import { openJournals, readKnownNumbers } from './journals.ts';
import { write } from './ledger.ts';
import { SHARE_VOTES } from './votes-lock.ts';

export type PostgresImportOptions = {
  /** `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`, see `SessionOptions`. */
  address: string;
  /** For one call, with its wait for decisions and for the standby. */
  timeoutMs?: number;
  connectTimeoutMs?: number;
};

export type PostgresImports = Pick<ReviewStore, 'storeImported'> & {
  /** What was begun is ended first. */
  close(): Promise<void>;
};

/** The same evidence as a terminal's own word: it only grows. */
const TELL = `
  UPDATE sources SET announced = greatest(announced, $2::int4),
    total_satisfied = CASE WHEN $3::int8 > told THEN $4::int4 ELSE total_satisfied END,
    total_basically = CASE WHEN $3 > told THEN $5::int4 ELSE total_basically END,
    total_unsatisfied = CASE WHEN $3 > told THEN $6::int4 ELSE total_unsatisfied END
  FROM (
    SELECT key AS k, coalesce(total_satisfied::int8 + total_basically + total_unsatisfied, -1) AS told FROM sources
    WHERE key = $1 FOR UPDATE) AS kept
  WHERE key = k`;
const DECIDED = 'UPDATE reviewed SET decisions = decisions + 1';

/** Connects when it is first asked, and anew after every failure; the schema must be there (`migrate`). */
export function createPostgresImports(options: PostgresImportOptions): PostgresImports {
  const { address, timeoutMs = 60_000, connectTimeoutMs = 5_000 } = options;
  const label = 'manyi import';
  const connection = createConnection({ address, label, timeoutMs, connectTimeoutMs, begin: SHARE_VOTES });

  const importVotes = async (
    transaction: Transaction,
    ...[journal, votes]: Parameters<ReviewStore['storeImported']>
  ) => {
    const [{ key } = { key: 0 }] = await openJournals(transaction, [journal]);
    await tell(transaction, key, journal);
    const known = await readKnownNumbers(
      transaction,
      key,
      votes.map(({ seq }) => seq),
    );
    const records = votes
      .filter((_, index) => known[index]?.setAsideReason === null)
      .map((vote) => ({ ...vote, journalKey: key }));
    const batch = {
      votes: records,
      quarantine: [],
      lost: [],
      corrections: [],
      unjudged: unjudgedOf(records),
      keepsConflict: () => true,
    };
    // Its boots are its own: those of a dry run are never made.
    const { outcomes } = await write(transaction, createBoots(), batch);
    await transaction.rows({ text: DECIDED });
    const count = (wanted: VoteOutcome) => outcomes.filter((outcome) => outcome === wanted).length;
    const held = votes.length - records.length;
    return { stored: count('stored'), duplicates: count('duplicate'), conflicts: count('conflict'), held };
  };

  return {
    async storeImported(journal, votes, isDry) {
      try {
        return await connection.transaction(async (transaction) => {
          const counts = await importVotes(transaction, journal, votes, isDry);
          if (isDry) throw new Undone(counts);
          return counts;
        });
      } catch (error) {
        if (error instanceof Undone) return error.counts;
        throw error;
      }
    },
    close: () => connection.close(),
  };
}

async function tell(transaction: Transaction, key: number, { last, totals }: ImportedJournal): Promise<void> {
  const { satisfied, basically, unsatisfied } = totals ?? { satisfied: 0, basically: 0, unsatisfied: 0 };
  const sum = totals ? satisfied + basically + unsatisfied : -1;
  await transaction.rows({ text: TELL, values: [key, last, sum, satisfied, basically, unsatisfied] });
}

/** What a dry run ends its transaction with. */
class Undone extends Error {
  readonly counts: Awaited<ReturnType<ReviewStore['storeImported']>>;

  constructor(counts: Undone['counts']) {
    super('a dry run stores nothing');
    this.counts = counts;
  }
}
