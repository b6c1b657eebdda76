/**
 * Figures as people see them are cut off, never rounded up: 19,880 of 19,881 is 99.99 %, not 100 %. The ends of an interval too: so
 * what is shown is below a target exactly where the unrounded figure is, as long as the target has no more digits than are shown.
 */
function withPoint(units: string, digits: number): string {
  if (digits === 0) return units;
  const padded = units.padStart(digits + 1, '0');
  return `${padded.slice(0, -digits)}.${padded.slice(-digits)}`;
}

/**
 * x/n in percent, exactly: by whole numbers, so no division is rounded before it is cut off.
 * @param x 0 to n, both whole @param n at least 1
 */
export function cutOffPercent(x: number, n: number, digits: number): string {
  return withPoint(String((BigInt(x) * BigInt(100 * 10 ** digits)) / BigInt(n)), digits);
}

/**
 * A finite figure, by the decimals that it is written with (0.29 is 0.29, though its binary form is a little less). A difference below 0
 * is cut off towards 0.
 * @param shift 2 for a share in percent, 0 for an index
 */
export function cutOff(value: number, digits: number, shift: number): string {
  const [mantissa = '0', exponent = '0'] = String(Math.abs(value)).split('e');
  const [whole = '0', decimals = ''] = mantissa.split('.');
  const moved = Number(exponent) + shift + digits;
  const all = whole + decimals;
  const length = whole.length + moved;
  const units =
    length <= 0
      ? '0'
      : all
          .slice(0, length)
          .padEnd(length, '0')
          .replace(/^0+(?=.)/, '');
  const sign = value < 0 && /[1-9]/.test(units) ? '-' : '';
  return sign + withPoint(units, digits);
}
