/** The port to votes that are no terminal's: of a system that gives each a key of its own, and may give it again. */
import type { VoteBasis, VoteOutcome, VoteRecord } from './ledger.ts';

/** A system, as it is known in the city, or in the unit that it is bound to. */
export type Origin = { name: string; unitId: string | null };

export type OriginVote = Pick<
  VoteBasis,
  'channel' | 'windowKey' | 'rating' | 'at' | 'receivedAt' | 'verdict'
> & {
  /** Of its origin; given again, it is the same vote. */
  key: string;
  /** The system gave it, and no citizen: its verdict says so, whatever rules hold. */
  isImputed?: boolean;
};

/** As its origin gives it. */
export type GivenVote = Omit<OriginVote, 'receivedAt' | 'verdict'>;

/** In the order of the votes. @throws StoreFailure when nothing of it is to be counted on: given again, it is stored once */
export type TakeOriginVotes = (origin: Origin, votes: readonly GivenVote[]) => Promise<VoteOutcome[]>;

export type CommittedOrigin = {
  /** In the order of the votes; of one key that is there twice the first is the vote. */
  outcomes: VoteOutcome[];
  /** What is new, as it stands in the ledger: in the place of a journal is the origin, whose key is below 0. */
  stored: VoteRecord[];
};

export interface OriginLedger {
  /** The origin's key, made if it is new. Two that ask at once get the same. @throws StoreFailure */
  openOrigin(origin: Origin): Promise<number>;
  /**
   * All or nothing, with everything that is kept beside votes; `judgedBy`: see `Batch`; what is fulfilled is on the disk, of every machine that has to have it.
   * @throws StoreFailure when nothing of it is to be counted on; given again, it is stored once.
   */
  commitOrigin(originKey: number, votes: readonly OriginVote[], judgedBy?: number): Promise<CommittedOrigin>;
}
