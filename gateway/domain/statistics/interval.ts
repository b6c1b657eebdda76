export type Interval = { lower: number; upper: number };

/** A figure and where it may truly lie. */
export type Estimate = { value: number } & Interval;

export const DEFAULT_CONFIDENCE = 0.95;
