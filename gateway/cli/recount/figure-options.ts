/** What figures are made by: the gateway's settings, from the same environment. */
import { InvalidArgumentError, Option } from 'commander';
import { DEFAULT_CONFIDENCE } from '../../domain/statistics/interval.ts';
import type { FigureSettings } from '../../recount/figures.ts';

export type FigureOptions = { weights: string; target: string; minimum: string };

export const figureOptions = (): Option[] => [
  new Option('--weights <three>', "the gateway's, what each rating is worth in the index")
    .env('MANYI_WEIGHTS')
    .default('100,60,0')
    .argParser(checked(weightsOf, 'three numbers from 0 to 100 that are not all the same, e.g. 100,60,0')),
  new Option('--target <rate>', "the gateway's, of the satisfaction rate")
    .env('MANYI_TARGET_RATE')
    .default('0.85')
    .argParser(checked((text) => within(text, 0, 1), 'a number from 0 to 1')),
  new Option('--minimum <votes>', "the gateway's: fewer are an insufficient sample")
    .env('MANYI_MINIMUM_VOTES')
    .default('30')
    .argParser(
      checked(
        (text) => (/^\d+$/.test(text) ? within(text, 1, 1e6) : null),
        'a whole number from 1 to 1000000',
      ),
    ),
];

/** Of options that were checked. */
export function settingsOf({ weights, target, minimum }: FigureOptions): FigureSettings {
  const [satisfied = 0, basically = 0, unsatisfied = 0] = weightsOf(weights) ?? [];
  return {
    weights: { satisfied, basically, unsatisfied },
    ...{ target: Number(target), minimum: Number(minimum), confidence: DEFAULT_CONFIDENCE },
  };
}

function weightsOf(text: string): number[] | null {
  const worth = text.split(',').map((part) => within(part, 0, 100));
  const known = worth.filter((one) => one !== null);
  return worth.length === 3 && known.length === 3 && new Set(known).size > 1 ? known : null;
}

function within(text: string, least: number, most: number): number | null {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  return value >= least && value <= most ? value : null;
}

const checked =
  (read: (text: string) => unknown, what: string) =>
  (text: string): string => {
    if (read(text) === null) throw new InvalidArgumentError(what);
    return text;
  };
