import type { Counts } from '../../../protocol/vote.ts';

/** Why a figure is refused: a stable code, for programs. */
export type StatisticsCode =
  | 'counts-invalid'
  | 'weights-invalid'
  | 'level-invalid'
  | 'target-invalid'
  | 'alarm-rule-invalid';

/** There is no figure for what was asked; never a NaN that somebody takes for one. */
export class StatisticsRefusal extends Error {
  readonly code: StatisticsCode;
  constructor(code: StatisticsCode, message: string) {
    super(message);
    this.name = 'StatisticsRefusal';
    this.code = code;
  }
}

/** @throws StatisticsRefusal `counts-invalid` unless 0 ≤ x ≤ n and n ≥ 1, whole numbers. */
export function requireShareOf(x: number, n: number): void {
  if (!Number.isSafeInteger(x) || !Number.isSafeInteger(n) || n < 1 || x < 0 || x > n)
    throw new StatisticsRefusal(
      'counts-invalid',
      `${x} of ${n} is no share: give whole numbers, at least one vote, and no more of a kind than votes`,
    );
}

/** @returns the number of votes. @throws StatisticsRefusal `counts-invalid` */
export function requireCounts({ satisfied, basically, unsatisfied }: Counts): number {
  const votes = satisfied + basically + unsatisfied;
  for (const count of [satisfied, basically, unsatisfied, votes])
    if (!Number.isSafeInteger(count) || count < 0)
      throw new StatisticsRefusal(
        'counts-invalid',
        `${satisfied}, ${basically}, ${unsatisfied} are no counts of votes: give whole numbers from 0 on`,
      );
  return votes;
}

/**
 * The range leaves room for every scale, and none for one whose differences are lost in rounding.
 * @throws StatisticsRefusal `weights-invalid`
 */
export function requireWeights(weights: readonly number[]): void {
  const low = Math.min(...weights);
  const high = Math.max(...weights);
  if (!(low >= -1e6 && high <= 1e6 && high - low >= 1e-6))
    throw new StatisticsRefusal(
      'weights-invalid',
      `${weights.join(', ')} are no weights: give numbers of at most a million that are not all the same`,
    );
}

/** @throws StatisticsRefusal `target-invalid` */
export function requireMinimum(minimum: number): void {
  if (!(minimum >= 0))
    throw new StatisticsRefusal(
      'target-invalid',
      `a sample of at least ${minimum} votes: give a number from 0 on`,
    );
}

/** A probability that is neither impossible nor certain: a confidence, a level, a rate to watch for. */
export function requireLevel(level: number, what: string): void {
  if (!(level > 0 && level < 1))
    throw new StatisticsRefusal('level-invalid', `${what} is ${level}: give a number between 0 and 1`);
}
