/** The standard normal distribution. */
import { requireLevel, StatisticsRefusal } from './refusal.ts';

const SQRT_2PI = Math.sqrt(2 * Math.PI);

/**
 * P(Z ≤ z), to the last digits in both tails. The series and the continued fraction are 26.2.11 and 26.2.14 of Abramowitz &
 * Stegun, Handbook of Mathematical Functions (1964).
 */
export function normalCdf(z: number): number {
  const density = Math.exp((-z * z) / 2) / SQRT_2PI;
  const x = Math.abs(z);
  if (x < 2) {
    let term = z;
    let sum = z;
    for (let odd = 3; Math.abs(term) > 1e-18 * Math.abs(sum); odd += 2) {
      term *= (z * z) / odd;
      sum += term;
    }
    return 0.5 + density * sum;
  }
  let fraction = x;
  for (let depth = 150; depth > 0; depth--) fraction = x + depth / fraction;
  const tail = density / fraction;
  return z < 0 ? tail : 1 - tail;
}

/** Numerator and denominator of each range, from the lowest power up. */
const CENTRE = [
  [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987,
    67265.7709270087, 33430.57558358813, 2509.0809287301227,
  ],
  [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
    28729.085735721943, 5226.495278852854,
  ],
] as const;
const TAIL = [
  [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
    0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
  ],
  [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
    0.0005475938084995345, 1.0507500716444169e-9,
  ],
] as const;
const FAR_TAIL = [
  [
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
    0.0012426609473880784, 2.7115555687434876e-5, 2.0103343992922881e-7,
  ],
  [
    1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133,
    1.8463183175100548e-5, 1.421511758316446e-7, 2.0442631033899397e-15,
  ],
] as const;
type Powers = readonly [number, number, number, number, number, number, number, number];

function polynomial(of: Powers, r: number): number {
  return of.reduceRight((sum, factor) => sum * r + factor, 0);
}
const ratio = ([above, below]: readonly [Powers, Powers], r: number) =>
  polynomial(above, r) / polynomial(below, r);

/** z with P(Z ≤ z) = p, about 16 digits. Wichura, Algorithm AS 241, Applied Statistics 37 (1988) 477–484. */
export function normalQuantile(p: number): number {
  requireLevel(p, 'the probability');
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) return q * ratio(CENTRE, 0.180625 - q * q);
  const r = Math.sqrt(-Math.log(q < 0 ? p : 1 - p));
  const z = r <= 5 ? ratio(TAIL, r - 1.6) : ratio(FAR_TAIL, r - 5);
  return q < 0 ? -z : z;
}

let last = { confidence: Number.NaN, z: Number.NaN };

/**
 * The z of a two-sided interval, 1.96 for 0.95. Of less than a half nobody is confident, and intervals would lose their width. One
 * confidence is asked for thousands of times in a row.
 * @throws StatisticsRefusal `level-invalid`
 */
export function zOf(confidence: number): number {
  if (confidence === last.confidence) return last.z;
  requireLevel(confidence, 'the confidence');
  if (confidence < 0.5)
    throw new StatisticsRefusal('level-invalid', `the confidence is ${confidence}: give at least a half`);
  last = { confidence, z: -normalQuantile((1 - confidence) / 2) };
  return last.z;
}
