/** Records of other systems, and services that are known: honest ones, and those that no citizen can have given so. */
import type { ImportedVote } from '../../../gateway/domain/detectors/imported.ts';
import type { Dice } from './dice.ts';
import { HOUR, rate, SECOND, startOfDay } from './hall.ts';

export type Records = { votes: ImportedVote[]; services: number | null; voted: number };

const TAGS = ['态度好', '效率高', '环境好', '一次办好', '指引清楚'] as const;

function records(dice: Dice, count: number): ImportedVote[] {
  const mood = dice.dirichlet([0.88, 0.08, 0.04], 100) as unknown as readonly [number, number, number];
  const start = startOfDay(dice.whole(0, 4)) + 9 * HOUR;
  let at = start;
  return Array.from({ length: count }, (_none, index) => {
    at += dice.exponential(HOUR / 20);
    const tags = TAGS.filter(() => dice.chance(0.3));
    return {
      ...{ sourceKey: 1, seq: index + 1, at: Math.round(at), rating: rate(dice, mood) },
      // Minutes to hours: citizens answer when they have time.
      receivedAt: Math.round(at + dice.logBetween(2, 20_000) * SECOND),
      ...{ service: `s${index}`, tags, isImputed: false },
    };
  });
}

const plain = (dice: Dice): Records => {
  const votes = records(dice, dice.whole(15, 200));
  return { votes, services: null, voted: votes.length };
};

export const HONEST_RECORDS: Readonly<Record<string, (dice: Dice) => Records>> = {
  'honest records': plain,
  'honest services'(dice) {
    const services = dice.whole(50, 4_000);
    return { votes: [], services, voted: Math.floor(services * dice.between(0.05, 0.93)) };
  },
};

export const FORGED_RECORDS: Readonly<Record<string, (dice: Dice) => Records>> = {
  'constant tags'(dice) {
    const made = plain(dice);
    const tags = [dice.pick(TAGS), dice.pick(TAGS)];
    return { ...made, votes: made.votes.map((vote) => ({ ...vote, tags })) };
  },
  'constant gap'(dice) {
    const made = plain(dice);
    const [gap, unsteady] = [dice.logBetween(1, 600) * SECOND, dice.between(0, 1_200)];
    const votes = made.votes.map((vote) => ({
      ...vote,
      receivedAt: Math.round(vote.at + gap + unsteady * dice.normal()),
    }));
    return { ...made, votes };
  },
  'one service rated twice'(dice) {
    const made = plain(dice);
    const first = dice.pick(made.votes);
    const again = { ...first, seq: made.votes.length + 1, at: first.at + dice.whole(500, 12_000) };
    return { ...made, votes: [...made.votes, again].sort((a, b) => a.at - b.at) };
  },
  'more votes than services'(dice) {
    const services = dice.whole(50, 4_000);
    return { votes: [], services, voted: Math.ceil(services * dice.between(0.97, 1.3)) };
  },
};
