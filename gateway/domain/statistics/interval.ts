import type { Interval } from '../../../protocol/score.ts';

export type { Interval };

/** A figure and where it may truly lie. */
export type Estimate = { value: number } & Interval;

export const DEFAULT_CONFIDENCE = 0.95;

export const intervalOf = ({ lower, upper }: Interval): Interval => ({ lower, upper });
