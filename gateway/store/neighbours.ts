/** The port to the other gateways on the same database. */
import type { Corrected, VoteRecord } from './ledger.ts';

/** Names a commit of the database, so that it can be told whether what was read holds it: PostgreSQL's transaction id, as text. */
export type CommitId = string;

/**
 * What others need of a vote that one gateway has stored. Whether it is excluded each of them knows by itself, and reads everything again
 * when that changes: the one that has stored it may not have known yet.
 */
export type StoredVote = Pick<VoteRecord, 'journalKey' | 'seq' | 'windowKey' | 'rating' | 'at'>;

/** JSON that crosses from one gateway to the others. Whoever hears it checks it. */
export type Word = unknown;

export type NeighbourListener = {
  /** Another gateway has stored these, all in one commit, and announces them after it. */
  votes(commit: CommitId, votes: readonly StoredVote[]): void;
  /** … has judged votes otherwise, in that commit: its own, which have been told as counted, and older ones. */
  corrected(commit: CommitId, corrected: readonly Corrected[]): void;
  /** Another gateway has written something else of these journals: what was set aside, in conflict or lost. */
  journals(journalKeys: readonly number[]): void;
  /**
   * Of every gateway, in one order that is the same for all; one's own come round, too. Whatever was told before it has been heard
   * when it comes, or `missed` has been called.
   */
  word(from: string, word: Word): void;
  /** Something was told that did not come here: whatever is held in memory of it is to be read again, and asked for. */
  missed(): void;
};

export interface Neighbours {
  /** Begins to listen, and to announce what this gateway commits. Once. @throws StoreFailure */
  join(instance: string, listener: NeighbourListener): Promise<void>;
  /**
   * To all gateways, soon; in the order in which they were told. What cannot be told is not told later: all the others then notice that
   * they have `missed` something. At most MAX_WORD_BYTES as JSON.
   */
  tell(word: Word): void;
  /** What was told before is told; then nothing is heard any more. */
  leave(): Promise<void>;
}

export const MAX_WORD_BYTES = 4_000;
