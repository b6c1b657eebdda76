/** Votes of a system that is no terminal: judged → committed → announced, in their origin's turn. Nothing is answered before it is stored. */
import type { VerdictCode, VoteOutcome, VoteRecord } from '../store/ledger.ts';
import type { GivenVote, Origin, OriginLedger, OriginVote, TakeOriginVotes } from '../store/origins.ts';
import type { Ingest } from './ingest.ts';

export type OriginVotesDeps = {
  origins: OriginLedger;
  inTurn: Ingest['inTurn'];
  /** By the rules of now; nothing was pressed, so that it has nothing to do with other votes. */
  verdictOf(vote: Pick<OriginVote, 'windowKey' | 'channel' | 'rating' | 'at' | 'isImputed'>): VerdictCode;
  /** `RuleGround.revision` of those. */
  judgedBy(): number;
  now: () => number;
  stored(vote: VoteRecord): void;
  failed(error: Error): void;
};

export function createOriginVotes(deps: OriginVotesDeps): TakeOriginVotes {
  const { origins, inTurn, verdictOf, judgedBy, now, stored, failed } = deps;
  const known = new Map<string, number>();
  const keyOf = async (origin: Origin): Promise<number> => {
    const name = JSON.stringify([origin.unitId, origin.name]);
    const key = known.get(name) ?? (await origins.openOrigin(origin));
    known.set(name, key);
    return key;
  };

  const commit = async (originKey: number, votes: readonly GivenVote[]): Promise<VoteOutcome[]> => {
    const [receivedAt, revision] = [now(), judgedBy()];
    const judged = votes.map((vote) => {
      const verdict = verdictOf(vote);
      return { ...vote, receivedAt, ...(verdict !== 0 && { verdict }) };
    });
    const committed = await origins.commitOrigin(originKey, judged, revision);
    for (const vote of committed.stored) stored(vote);
    return committed.outcomes;
  };

  return async (origin, votes) => {
    try {
      const originKey = await keyOf(origin);
      let outcomes: VoteOutcome[] = [];
      await inTurn(originKey, async () => {
        outcomes = await commit(originKey, votes);
      });
      return outcomes;
    } catch (error) {
      failed(error as Error);
      throw error;
    }
  };
}
