/** What people see of a figure, as in protocol/shown-figures.ts; what is no figure is refused. */
import { cutOff, cutOffPercent } from '../../../protocol/shown-figures.ts';
import { requireShareOf, StatisticsRefusal } from './refusal.ts';

/** x/n in percent, exactly. @throws StatisticsRefusal `counts-invalid` */
export function truncatedPercent(x: number, n: number, digits = 2): string {
  requireShareOf(x, n);
  return cutOffPercent(x, n, digits);
}

/** @param shift 2 for a share in percent, 0 for an index @throws StatisticsRefusal `counts-invalid` */
export function truncated(value: number, digits = 2, shift = 0): string {
  if (!Number.isFinite(value)) throw new StatisticsRefusal('counts-invalid', `${value} is no figure`);
  return cutOff(value, digits, shift);
}
