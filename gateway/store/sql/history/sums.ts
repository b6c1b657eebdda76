/** What is summed of a quarter of an hour: all votes that are stored, and of these what rules discount and people have excluded. */
import type { HistoryRow, WindowHistory } from '../../history.ts';
import type { ChannelCode, VerdictCode } from '../../ledger.ts';

/** All of them is 0; what rules discount is the code of its verdict. */
export const ALL = 0;
/** By people; whatever rules say of it. */
export const EXCLUDED = 16;

export type Ratings = readonly [satisfied: number, basically: number, unsatisfied: number];

/** `channel` 0 is of all channels: what came otherwise than by a button is told again, apart. */
export type PartSum = { channel: number; part: number; counts: Ratings };

/** A sum of one window and quarter of an hour. */
export type WindowSum = PartSum & { windowKey: number; quarter: number };

type Bins = Map<number, Map<number, [number, number, number]>>;

/** What is told of a span: no vote in two rows. What is nothing is left out. */
export function rowsOf(sums: Iterable<PartSum>): HistoryRow[] {
  const bins: Bins = new Map();
  for (const { channel, part, counts } of sums) add(bins, channel, part, counts, 1);
  return rowsIn(bins);
}

export type WindowSums = {
  add(windowKey: number, sum: PartSum): void;
  /** Of what was added; once. */
  of(channel: ChannelCode): WindowHistory[];
  /** Of what was added of a window, by all channels; once. */
  take(windowKey: number): HistoryRow[];
};

/** Sums of many windows, a piece of time after another. */
export function createWindowSums(): WindowSums {
  const windows = new Map<number, Bins>();
  return {
    add(windowKey, { channel, part, counts }) {
      let bins = windows.get(windowKey);
      if (!bins) {
        bins = new Map();
        windows.set(windowKey, bins);
      }
      add(bins, channel, part, counts, 1);
    },
    of: (asked) =>
      Array.from(windows, ([windowKey, bins]) => ({
        windowKey,
        rows: rowsIn(bins).filter(({ channel }) => channel === asked),
      })).filter(({ rows }) => rows.length > 0),
    take: (windowKey) => rowsIn(windows.get(windowKey) ?? new Map()),
  };
}

function rowsIn(bins: Bins): HistoryRow[] {
  for (const [channel, parts] of bins)
    if (channel !== 0) for (const [part, counts] of parts) add(bins, 0, part, counts, -1);
  for (const [channel, parts] of bins)
    for (const [part, counts] of parts) if (part !== ALL) add(bins, channel, ALL, counts, -1);
  const rows: HistoryRow[] = [];
  for (const [channel, parts] of [...bins].sort(byKey))
    for (const [part, [satisfied, basically, unsatisfied]] of [...parts].sort(byKey))
      if (satisfied !== 0 || basically !== 0 || unsatisfied !== 0)
        rows.push({
          channel: channel as ChannelCode,
          verdict: (part === EXCLUDED ? ALL : part) as VerdictCode,
          isExcluded: part === EXCLUDED,
          counts: { satisfied, basically, unsatisfied },
        });
  return rows;
}

const byKey = ([a]: [number, unknown], [b]: [number, unknown]) => a - b;

function add(bins: Bins, channel: number, part: number, counts: Ratings, sign: 1 | -1): void {
  let parts = bins.get(channel);
  if (!parts) {
    parts = new Map();
    bins.set(channel, parts);
  }
  let sum = parts.get(part);
  if (!sum) {
    sum = [0, 0, 0];
    parts.set(part, sum);
  }
  for (const rating of [0, 1, 2] as const) sum[rating] += sign * counts[rating];
}
