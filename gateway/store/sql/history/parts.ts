/** What the sum of a unit's span is made of: a window after another, with what decides whether that is final. Written once for both databases. */
import { QUARTER_MS } from '../../../domain/calendar.ts';
import { addCounts, emptyCounts } from '../../../domain/tally.ts';
import type { HistoryOf, HistorySpan, HistoryStore, Parts, WindowThere } from '../../history.ts';
import { chunksOf } from '../review/rows.ts';
import type { Queries } from '../sql-database.ts';
import type { Places, QuarterSpan, Stand } from './places.ts';
import { createWindowSums, type WindowSums } from './sums.ts';

export type PartsReading = {
  /** Those of one moment. */
  queries: Queries;
  places: Places;
  /** Adds what was pressed at these windows in a span. */
  addSums(windowKeys: readonly number[], span: QuarterSpan, sums: WindowSums): Promise<void>;
  /** Others have their turn. */
  pause(): Promise<void> | void;
};

type DaysIn = Parameters<HistoryStore['parts']>[2];

export async function partsWithin(
  { queries, places, addSums, pause }: PartsReading,
  of: HistoryOf,
  { from, to }: HistorySpan,
  daysIn: DaysIn,
): Promise<Parts> {
  const whole = { from: Math.floor(from / QUARTER_MS), end: Math.floor(to / QUARTER_MS) };
  const stands: Stand[] =
    'unitKey' in of ? places.windowsUnder(of.unitKey, whole) : [{ ...whole, windowKeys: [of.windowKey] }];
  const sums = createWindowSums();
  const found = new Map<number, WindowThere>();
  for (const stand of stands) {
    await addSums(stand.windowKeys, stand, sums);
    for (const windowKey of stand.windowKeys) {
      const there = found.get(windowKey) ?? { windowKey, rows: [], spans: [], shown: emptyCounts() };
      found.set(windowKey, there);
      addSpan(there.spans, { from: stand.from * QUARTER_MS, to: stand.end * QUARTER_MS });
    }
  }
  for (const there of found.values()) {
    there.rows = sums.take(there.windowKey);
    await pause();
  }
  await addShown(queries, found, daysIn, pause);
  return {
    windows: [...found.values()].sort((a, b) => a.windowKey - b.windowKey),
    isWaiting: await isWaiting(queries, found, { from, to }),
    ruleVersions: await countVersions(queries),
  };
}

function addSpan(spans: HistorySpan[], next: HistorySpan): void {
  const last = spans.at(-1);
  if (last?.to === next.from) last.to = next.to;
  else spans.push(next);
}

async function addShown(
  queries: Queries,
  windows: ReadonlyMap<number, WindowThere>,
  daysIn: DaysIn,
  pause: PartsReading['pause'],
): Promise<void> {
  // Nearly all stand there throughout.
  const bySpan = new Map<string, { span: HistorySpan; windowKeys: number[] }>();
  for (const { windowKey, spans } of windows.values())
    for (const span of spans) {
      const name = `${span.from} ${span.to}`;
      const known = bySpan.get(name) ?? { span, windowKeys: [] };
      bySpan.set(name, known);
      known.windowKeys.push(windowKey);
    }
  for (const { span, windowKeys } of bySpan.values()) {
    const { from, end } = daysIn(span);
    if (from >= end) continue;
    for (const some of chunksOf(windowKeys)) {
      const rows = await queries
        .selectFrom('shown_days')
        .select(({ fn }) => [
          'window_key as windowKey',
          fn.sum<number>('satisfied').as('satisfied'),
          fn.sum<number>('basically').as('basically'),
          fn.sum<number>('unsatisfied').as('unsatisfied'),
        ])
        .where('window_key', 'in', some)
        .where('day', '>=', from)
        .where('day', '<', end)
        .groupBy('window_key')
        .execute();
      for (const { windowKey, satisfied, basically, unsatisfied } of rows) {
        const there = windows.get(windowKey);
        const counts = {
          satisfied: Number(satisfied),
          basically: Number(basically),
          unsatisfied: Number(unsatisfied),
        };
        if (there) addCounts(there.shown, counts);
      }
      await pause();
    }
  }
}

async function isWaiting(
  queries: Queries,
  windows: ReadonlyMap<number, unknown>,
  { from, to }: HistorySpan,
): Promise<boolean> {
  const rows = await queries
    .selectFrom('unjudged')
    .select('window_key as windowKey')
    .distinct()
    .where('from_at', '<', to)
    .where('to_at', '>=', from)
    .execute();
  return rows.some(({ windowKey }) => windows.has(windowKey));
}

async function countVersions(queries: Queries): Promise<number> {
  const { versions } = await queries
    .selectFrom('rule_versions')
    .select(({ fn }) => fn.countAll<number>().as('versions'))
    .executeTakeFirstOrThrow();
  return Number(versions);
}
