/**
 * A year by day of a city, a county, a township and a window, over 20 million votes, from the port that everything reads them by; beside it
 * the same sums of the city grouped from the rollups. On both databases, in one run.
 */
import { rmSync } from 'node:fs';
import { QUARTER_MS } from '../../gateway/domain/calendar.ts';
import type { HistoryRow } from '../../gateway/store/history.ts';
import { startCluster } from '../postgres/cluster.ts';
import {
  createPostgresYear,
  createSqliteYear,
  DAY_QUARTERS,
  type HistoryYear,
  YEAR_DAYS,
} from './history-year.ts';
import { median, percentile } from './percentile.ts';

export type SpanFigures = { p50Ms: number; p99Ms: number };
export type HistoryFigures = Record<'sqlite' | 'postgres', OneDatabase>;
type OneDatabase = {
  city: SpanFigures;
  county: SpanFigures;
  township: SpanFigures;
  window: SpanFigures;
  /** The city's year grouped from the rollups. */
  naiveMs: number;
  votes: number;
  /** Making ready what is read, of all that was there. */
  foldS: number;
};

const READS = 200;
const WARM_UP = 5;
const NAIVE = 3;
/** What whoever runs it sets, of a server with a few gigabytes. */
const SETTINGS = { shared_buffers: '512MB', max_wal_size: '8GB', checkpoint_timeout: '30min' };

export type HistoryPlan = { votes: number; say(text: string): void };

export async function measureHistory({ votes, say }: HistoryPlan): Promise<HistoryFigures> {
  const sqlite = await measureOne('SQLite', await createSqliteYear(votes, say), say);
  const cluster = await startCluster({ settings: SETTINGS });
  try {
    const address = cluster.primary.address(await cluster.createDatabase());
    const postgres = await measureOne('PostgreSQL', await createPostgresYear(address, votes, say), say);
    return { sqlite, postgres };
  } finally {
    await cluster.dispose();
  }
}

async function measureOne(
  name: string,
  year: HistoryYear,
  say: (text: string) => void,
): Promise<OneDatabase> {
  const { store, keys, fromQuarter } = year;
  try {
    const begun = performance.now();
    const ready = year.endsAt - 20 * 60_000;
    while (await store.folding.isDue(ready)) await store.folding.fold(ready);
    const foldS = (performance.now() - begun) / 1_000;
    say(
      `  ${name}: ${(year.votes / 1e6).toFixed(1)} million votes summed up for every unit in ${foldS.toFixed(0)} s`,
    );
    // Some have come late and are not summed up, and the last hour is not.
    await year.voteLate();
    const bounds = Array.from(
      { length: YEAR_DAYS + 1 },
      (_, day) => (fromQuarter + day * DAY_QUARTERS) * QUARTER_MS,
    );
    const counted = sum(await store.history.sums({ unitKey: keys.city[0] as number }, bounds));
    if (counted !== year.votes) throw new Error(`the city has ${counted} votes, not ${year.votes}`);
    const measure = async (of: (read: number) => Parameters<typeof store.history.sums>[0], title: string) => {
      const latencies: number[] = [];
      for (let read = 0; read < WARM_UP + READS; read++) {
        const began = performance.now();
        await store.history.sums(of(read), bounds);
        if (read >= WARM_UP) latencies.push(performance.now() - began);
      }
      latencies.sort((a, b) => a - b);
      const figures = { p50Ms: percentile(latencies, 0.5), p99Ms: percentile(latencies, 0.99) };
      say(
        `  ${name}, a year of a ${title} by day: p50 ${figures.p50Ms.toFixed(1)}, p99 ${figures.p99Ms.toFixed(1)} ms`,
      );
      return figures;
    };
    const oneOf = (of: readonly number[]) => (read: number) => of[(read * 7_919) % of.length] as number;
    const ofUnits = (of: readonly number[]) => (read: number) => ({ unitKey: oneOf(of)(read) });
    const figures = {
      city: await measure(ofUnits(keys.city), 'city'),
      county: await measure(ofUnits(keys.counties), 'county'),
      township: await measure(ofUnits(keys.townships), 'township'),
      window: await measure((read) => ({ windowKey: oneOf(keys.windows)(read) }), 'window'),
    };
    const naive: number[] = [];
    for (let read = 0; read < NAIVE; read++) {
      const began = performance.now();
      const grouped = await year.groupRollups();
      naive.push(performance.now() - began);
      if (grouped !== year.votes) throw new Error(`the rollups have ${grouped} votes, not ${year.votes}`);
    }
    const naiveMs = median(naive);
    say(`  ${name}, the city's grouped from the rollups: ${naiveMs.toFixed(0)} ms`);
    return { ...figures, naiveMs, votes: year.votes, foldS };
  } finally {
    await store.close();
    rmSync(year.folder, { recursive: true, force: true });
  }
}

const sum = (spans: readonly HistoryRow[][]): number =>
  spans.flat().reduce((all, { counts }) => all + counts.satisfied + counts.basically + counts.unsatisfied, 0);
