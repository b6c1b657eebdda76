/** Payloads as a terminal in any language would write them. */
import type { Rating, Vote } from '../../protocol/vote.ts';

export const EPOCH = 'ab'.repeat(16);

export function vote(seq: number, rating: Rating = 'satisfied', change: Partial<Vote> = {}): Vote {
  return { seq, rating, at: Date.now(), clock: 'ntp', boot: 'boot-1', mono: seq * 1_000, ...change };
}

export function votesMessage(
  votes: object[],
  totals?: Partial<Record<Rating, number>>,
  epoch = EPOCH,
): string {
  const count = (rating: Rating) => votes.filter((one) => (one as Vote).rating === rating).length;
  const counted = {
    satisfied: count('satisfied'),
    basically: count('basically'),
    unsatisfied: count('unsatisfied'),
  };
  return JSON.stringify({ epoch, votes, totals: { ...counted, ...totals } });
}

export function hello(first: number, last: number, epoch = EPOCH): string {
  return JSON.stringify({
    epoch,
    boot: 'boot-1',
    version: '9',
    inputs: ['test'],
    journal: { first, last },
    clock: 'ntp',
  });
}
