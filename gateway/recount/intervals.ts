/**
 * Where a figure may truly lie, from the definitions and by bisection: every value that a test would not reject. Slow, and with no
 * formula in it that whoever serves figures uses.
 */
import { leastOf, numberOf, ONE } from './decimal.ts';

export type Interval = { lower: number; upper: number };

/** Of a share x/n (Wilson 1927): every p with n(x/n − p)² ≤ z²·p(1 − p). */
export function shareInterval(x: number, n: number, z: bigint): Interval {
  return {
    lower: numberOf(lowerShare(BigInt(x), BigInt(n), z)),
    upper: numberOf(ONE - lowerShare(BigInt(n - x), BigInt(n), z)),
  };
}

function lowerShare(x: bigint, n: bigint, z: bigint): bigint {
  if (x === 0n) return 0n;
  const square = (z * z) / ONE;
  return leastOf(0n, (x * ONE) / n, (p) => {
    const apart = x * ONE - n * p;
    return apart * apart * ONE <= n * square * p * (ONE - p);
  });
}

/** Answers of three kinds: how many are worth most, something between, and least; and how far up the middle is, of ONE. */
type Ladder = { most: bigint; middle: bigint; least: bigint; height: bigint };

/**
 * Of a mean of answers of unlike worth: every μ with n(x̄ − μ)² ≤ z²·V(μ), where V is the variance of the distribution that makes the
 * answers likeliest of all whose mean is μ.
 * @param counts of each kind of answer @param weights what each is worth, not all the same
 */
export function meanInterval(
  counts: readonly [number, number, number],
  weights: readonly [bigint, bigint, bigint],
  z: bigint,
): Interval {
  const ranked = weights
    .map((weight, kind) => ({ weight, count: BigInt(counts[kind] as number) }))
    .sort((a, b) => (a.weight < b.weight ? -1 : 1));
  const [least, middle, most] = ranked as [Answer, Answer, Answer];
  const range = most.weight - least.weight;
  const height = ((middle.weight - least.weight) * ONE) / range;
  const ladder = { most: most.count, middle: middle.count, least: least.count, height };
  const upsideDown = { ...ladder, most: ladder.least, least: ladder.most, height: ONE - height };
  const inWeights = (part: bigint) => numberOf(least.weight + (part * range) / ONE);
  return { lower: inWeights(lowerMean(ladder, z)), upper: inWeights(ONE - lowerMean(upsideDown, z)) };
}

type Answer = { weight: bigint; count: bigint };

/** With the least worth 0 and the most worth ONE. */
function lowerMean(ladder: Ladder, z: bigint): bigint {
  const n = ladder.most + ladder.middle + ladder.least;
  const mean = (ladder.most * ONE + ladder.middle * ladder.height) / n;
  if (mean === 0n) return 0n;
  const square = (z * z) / ONE;
  return leastOf(0n, mean, (m) => {
    const apart = mean - m;
    return n * apart * apart <= square * varianceAt(m, ladder);
  });
}

/**
 * Of the three shares only one is free once their sum and their mean are given: the middle one, t. The most has m − t·height, the least
 * what is left. The likelihood is greatest where its slope, which falls, passes 0.
 */
function varianceAt(m: bigint, { most, middle, least, height }: Ladder): bigint {
  const depth = ONE - height;
  const highest = (t: bigint) => m - (t * height) / ONE;
  const lowest = (t: bigint) => ONE - m - (t * depth) / ONE;
  const [upTo, downTo] = [roomOf(m, height), roomOf(ONE - m, depth)];
  const room = upTo === null || (downTo !== null && downTo < upTo) ? (downTo as bigint) : upTo;
  // The slope's sign; what nobody chose is no part of the likelihood, and its share is divided out.
  const falls = (t: bigint) => {
    const [up, down] = [most > 0n ? highest(t) : ONE, least > 0n ? lowest(t) : ONE];
    return middle * up * down <= ((most * height * down + least * depth * up) / ONE) * t;
  };
  const t = middle === 0n ? 0n : leastOf(0n, room, falls);
  // E(w²) − E(w)²
  return highest(t) + (((t * height) / ONE) * height) / ONE - (m * m) / ONE;
}

/** How much of the middle share there is room for; null for any. */
const roomOf = (part: bigint, step: bigint): bigint | null => (step > 0n ? (part * ONE) / step : null);
