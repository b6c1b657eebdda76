/** The ledger in PostgreSQL: several gateways may write to one. See the README for how a commit goes. */
import type { Batch, Committed, Corrected, Ledger, VoteOutcome, VoteRecord } from '../ledger.ts';
import type { CommitId } from '../neighbours.ts';
import type { OriginLedger } from '../origins.ts';
import { unjudgedOf } from '../sql/unjudged.ts';
import { setApart } from './apart.ts';
import { type Boots, createBoots } from './boots.ts';
import { coalesce } from './coalesce.ts';
import { createConnection, type Transaction } from './connection.ts';
import { correct, noteUnjudged } from './corrections.ts';
import { readByCursor } from './cursor.ts';
import { countVotes, type Journal, openJournals, readAccountedRanges, readKnownNumbers } from './journals.ts';
import { createLanes } from './lanes.ts';
import { noteLateVotes } from './late-votes.ts';
import { openOrigin, takeKeys } from './origins.ts';
import { keepConflicts, noteLost, setAside } from './quarantine.ts';
import { readRollups } from './rollups.ts';
import { createSettledReads, SETTLE, type SettledReads } from './settled-reads.ts';
import { noteBeside, type StoredVotes, storeVotes } from './votes.ts';
import { SHARE_VOTES_BY_KEY } from './votes-lock.ts';

export type PostgresLedgerOptions = {
  /** `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`, see `SessionOptions`. */
  address: string;
  /** Connections that commit beside each other. */
  lanes?: number;
  /** For a commit, with the wait for the standby: longer than a failover's usual stall, which would only be tried again. */
  commitTimeoutMs?: number;
  /** For an answer to a question: reading through a large journal takes its time. */
  readTimeoutMs?: number;
  connectTimeoutMs?: number;
  /** Told of every commit that is on the disk, in the order of its journals: what others are to hear of. */
  announce?: Announce;
};

export type Announce = {
  stored(commit: CommitId, votes: readonly VoteRecord[]): void;
  /** … after the votes of that commit, if it has any: verdicts of those that count no more, and of older ones. */
  corrected(commit: CommitId, corrected: readonly Corrected[]): void;
  /** Something else of these journals is written. */
  journals(journalKeys: readonly number[]): void;
  /** A commit that was called failed before may have been stored all the same, and that shows by now. */
  doubtful(): void;
};

const EMPTY: Batch = {
  ...{ votes: [], quarantine: [], lost: [], corrections: [], unjudged: [] },
  keepsConflict: () => true,
};
const NOBODY: Announce = { stored() {}, corrected() {}, journals() {}, doubtful() {} };

export type PostgresLedger = Ledger & {
  origins: OriginLedger;
  /** A commit that writes nothing goes through, standby and all. @throws StoreFailure */
  settle(): Promise<void>;
  /** For what is read beside the ledger, as its own reads are. */
  settled: SettledReads;
  /**
   * Commits that were called failed show by now, or never will, and that is told: those after whom no vote has come. @throws StoreFailure
   */
  endDoubts(): Promise<void>;
  /** What was begun is ended first. */
  close(): Promise<void>;
};

/** Connects when it is first asked, and anew after every failure; the schema must be there (`migrate`). */
export function createPostgresLedger(options: PostgresLedgerOptions): PostgresLedger {
  const { address, commitTimeoutMs = 15_000, readTimeoutMs = 60_000, connectTimeoutMs = 5_000 } = options;
  const link = (label: string, timeoutMs: number) => ({
    address,
    label: `manyi ${label}`,
    connectTimeoutMs,
    timeoutMs,
  });
  const lanes = createLanes(options.lanes ?? 4);
  const committing = Array.from({ length: lanes.count }, (_, lane) => ({
    connection: createConnection({ ...link(`lane ${lane}`, commitTimeoutMs), begin: SHARE_VOTES_BY_KEY }),
    boots: createBoots(),
    isDoubtful: false,
  }));
  const announce = options.announce ?? NOBODY;
  const reading = createConnection(link('reads', readTimeoutMs));
  const settling = createConnection(link('journals', commitTimeoutMs));

  const settle = coalesce<null, null>(async (asked) => {
    await settling.transaction((transaction) => transaction.rows(SETTLE));
    return asked.map(() => null);
  });
  const openJournal = coalesce((asked: Journal[]) =>
    settling.transaction(async (transaction) => {
      const journals = await openJournals(transaction, asked);
      // Also for one that was there: its key must not be given to another after a failover.
      await transaction.rows(SETTLE);
      return journals;
    }),
  );
  const settled = createSettledReads(reading);

  type Lane = (typeof committing)[number];
  /** It has committed something. The connection before the one that did is ended: what it was about shows, or never will. */
  const endDoubt = (lane: Lane) => {
    if (lane.isDoubtful) announce.doubtful();
    lane.isDoubtful = false;
  };

  const inLane = async (
    number: number,
    act: (transaction: Transaction, boots: Boots) => Promise<{ batch: Batch; written: Written }>,
  ): Promise<Written> => {
    const lane = committing[number] as Lane;
    try {
      const { batch, written } = await lane.connection.transaction((transaction) =>
        act(transaction, lane.boots),
      );
      lane.boots.keep();
      endDoubt(lane);
      tell(announce, batch, written);
      return written;
    } catch (error) {
      lane.boots.forget();
      lane.isDoubtful = true;
      throw error;
    }
  };

  return {
    lanes: lanes.count,
    laneOf: lanes.laneOf,
    async commit(batch) {
      const { votes, quarantine, lost, corrections, unjudged } = batch;
      if (votes.length + quarantine.length + lost.length + corrections.length + unjudged.length === 0)
        return { outcomes: [], corrected: [] };
      return lanes.run(journalKeysOf(batch), async (number) => {
        const { outcomes, corrected } = await inLane(number, async (transaction, boots) => ({
          batch,
          written: await write(transaction, boots, batch),
        }));
        return { outcomes, corrected };
      });
    },
    origins: {
      openOrigin: (origin) =>
        settling.transaction(async (transaction) => {
          const key = await openOrigin(transaction, origin);
          await transaction.rows(SETTLE);
          return key;
        }),
      commitOrigin: (originKey, votes, judgedBy) =>
        lanes.run([originKey], async (number) => {
          let outcomes: VoteOutcome[] = [];
          const { stored } = await inLane(number, async (transaction, boots) => {
            const taken = await takeKeys(transaction, originKey, votes);
            outcomes = taken.outcomes;
            const batch = { ...EMPTY, votes: taken.records, ...(judgedBy !== undefined && { judgedBy }) };
            return { batch, written: await write(transaction, boots, batch) };
          });
          return { outcomes, stored: [...stored] };
        }),
    },
    openJournal: (terminalKey, epoch) => openJournal({ terminalKey, epoch }),
    knownNumbers: (journalKey, seqs) => settled((reads) => readKnownNumbers(reads, journalKey, seqs)),
    accountedRanges: (journalKey) => settled((reads) => readAccountedRanges(reads, journalKey)),
    countStored: (journalKey) => settled((reads) => countVotes(reads, journalKey)),
    rollups: (fromMs) =>
      readRollups((select) => readByCursor(link('rollups', readTimeoutMs), select), fromMs),
    async settle() {
      await settle(null);
    },
    settled,
    async endDoubts() {
      const end = (lane: Lane, number: number) =>
        lanes.run([number], async () => {
          if (!lane.isDoubtful) return;
          await lane.connection.transaction((transaction) => transaction.rows(SETTLE));
          endDoubt(lane);
        });
      await Promise.all(committing.map(end));
    },
    async close() {
      await lanes.idle();
      await Promise.all(
        [...committing.map(({ connection }) => connection), reading, settling].map((one) => one.close()),
      );
    },
  };
}

function journalKeysOf({
  votes,
  quarantine,
  lost,
  corrections,
}: Omit<Batch, 'keepsConflict' | 'unjudged'>): number[] {
  const keys = new Set<number>();
  for (const { journalKey } of votes) keys.add(journalKey);
  for (const { journalKey } of quarantine) if (journalKey !== null) keys.add(journalKey);
  for (const { journalKey } of lost) keys.add(journalKey);
  for (const { journalKey } of corrections) keys.add(journalKey);
  return [...keys];
}

/** What a batch has become. */
type Written = Pick<StoredVotes, 'commit'> & Committed & { stored: readonly VoteRecord[] };

function tell(announce: Announce, batch: Batch, { commit, outcomes, corrected, stored }: Written): void {
  if (commit !== null && stored.length > 0) announce.stored(commit, stored);
  const judged = [...stored.flatMap(notCounted), ...corrected];
  if (commit !== null && judged.length > 0) announce.corrected(commit, judged);
  const conflicts = batch.votes.filter((_, index) => outcomes[index] === 'conflict');
  const others = journalKeysOf({ ...batch, votes: conflicts });
  if (others.length > 0) announce.journals(others);
}

function notCounted({ windowKey, rating, at, verdict, excluded = false }: VoteRecord): Corrected[] {
  return verdict === undefined ? [] : [{ windowKey, rating, at, from: 0, to: verdict, excluded }];
}

/** Tables in this order, and rows in the order of their keys: no two commits wait for each other in a ring. */
export async function write(transaction: Transaction, boots: Boots, batch: Batch): Promise<Written> {
  const { votes, quarantine, lost, corrections, unjudged, judgedBy } = batch;
  const { commit: storedIn, outcomes, isLate, revision } = await storeVotes(transaction, boots, votes);
  const of = (wanted: VoteOutcome): VoteRecord[] => votes.filter((_, index) => outcomes[index] === wanted);
  const stored = of('stored');
  // By the verdicts that they came with: corrections note their own.
  if (isLate) await noteLateVotes(transaction, stored);
  await noteBeside(transaction, stored);
  await setApart(transaction, stored);
  const { commit: correctedIn, corrected } = await correct(transaction, corrections);
  await keepConflicts(
    transaction,
    of('conflict').filter((vote) => batch.keepsConflict(vote)),
  );
  // Whoever judges again waits for this commit, or has judged before it: then another revision is seen here.
  const isStale = judgedBy !== undefined && revision !== null && revision !== judgedBy;
  await noteUnjudged(transaction, isStale ? [...unjudged, ...unjudgedOf(stored)] : unjudged);
  await setAside(transaction, quarantine);
  await noteLost(transaction, lost);
  // What was there already may be on this machine only. A commit that writes nothing would not wait for the standby.
  if (stored.length === 0) await transaction.rows(SETTLE);
  return { commit: storedIn ?? correctedIn, outcomes, corrected, stored };
}
