/**
 * How many of many tests may be believed, so that with a probability of at least 1 − level not one of them errs, whatever they have to
 * do with each other: Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6 (1979) 65–70.
 */
import { requireLevel } from './refusal.ts';

/**
 * @param family how many tests there are, with those whose p-value is not listed because it is certain to be above the level
 * @returns how many of the smallest p-values are rejections
 */
export function holmRejections(pValues: Iterable<number>, family: number, level: number): number {
  requireLevel(level, 'the level');
  const sorted = Float64Array.from(pValues).sort();
  let rejected = 0;
  while (rejected < sorted.length && (sorted[rejected] as number) <= level / (family - rejected))
    rejected += 1;
  return rejected;
}
