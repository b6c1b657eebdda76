/** Decimal fractions of thirty digits as whole numbers: what a machine's own binary fractions are held against. */

/** One. */
export const ONE = 10n ** 30n;

const PI = 3_141592653589793238462643383280n;

/** @throws RangeError of what is no finite number */
export function decimalOf(value: number): bigint {
  const text = /e/.test(String(value)) ? value.toFixed(30) : String(value);
  const [, sign = '', whole = '', part = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === '') throw new RangeError(`${value} is no finite number`);
  const digits = BigInt(whole + part.slice(0, 30).padEnd(30, '0'));
  return sign === '-' ? -digits : digits;
}

/** The machine's number nearest to it. */
export function numberOf(value: bigint): number {
  const size = value < 0n ? -value : value;
  const text = `${size / ONE}.${String(size % ONE).padStart(30, '0')}`;
  return value < 0n ? -Number(text) : Number(text);
}

/** The least of the numbers above `low` and up to `high` of which it is true; it is true of all from some number on. */
export function leastOf(low: bigint, high: bigint, isTrue: (value: bigint) => boolean): bigint {
  let [below, above] = [low, high];
  while (above - below > 1n) {
    const middle = (below + above) / 2n;
    if (isTrue(middle)) above = middle;
    else below = middle;
  }
  return above;
}

/**
 * How many standard errors hold so much of a normal distribution: the z with √(2/π) · (z − z³/6 + z⁵/40 − …) = confidence, by
 * bisection; the terms are (−1)^k z^(2k+1) / (2^k k! (2k+1)).
 */
export function standardErrors(confidence: number): bigint {
  const wanted = decimalOf(confidence);
  return leastOf(0n, 10n * ONE, (z) => {
    const square = (z * z) / ONE;
    let [term, sum] = [z, 0n];
    for (let k = 1n; term !== 0n; k++) {
      sum += term / (2n * k - 1n);
      term = -(term * square) / (2n * k * ONE);
    }
    // Both sides squared, so that no root is needed.
    return 2n * sum * sum >= ((wanted * wanted) / ONE) * PI;
  });
}
