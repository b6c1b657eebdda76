/**
 * Figures as people see them are cut off, never rounded up: 19,880 of 19,881 is 99.99 %, not 100 %. The ends of an interval too: so
 * what is shown is below a target exactly where the unrounded figure is, as long as the target has no more digits than are shown.
 */
import { requireShareOf, StatisticsRefusal } from './refusal.ts';

function withPoint(units: string, digits: number): string {
  if (digits === 0) return units;
  const padded = units.padStart(digits + 1, '0');
  return `${padded.slice(0, -digits)}.${padded.slice(-digits)}`;
}

/** x/n in percent, exactly: no division is rounded before it is cut off. @throws StatisticsRefusal `counts-invalid` */
export function truncatedPercent(x: number, n: number, digits = 2): string {
  requireShareOf(x, n);
  return withPoint(String((BigInt(x) * 100n * 10n ** BigInt(digits)) / BigInt(n)), digits);
}

/**
 * A finite figure, by the decimals that it is written with (0.29 is 0.29, though its binary form is a little less). A difference below 0
 * is cut off towards 0.
 * @param shift 2 for a share in percent, 0 for an index
 * @throws StatisticsRefusal `counts-invalid`
 */
export function truncated(value: number, digits = 2, shift = 0): string {
  if (!Number.isFinite(value)) throw new StatisticsRefusal('counts-invalid', `${value} is no figure`);
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
