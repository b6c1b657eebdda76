/** Scores of the month over HTTP, with millions of votes stored. */
import { Agent, type RequestOptions, request } from 'node:http';
import { createCalendar } from '../../gateway/domain/calendar.ts';
import { spanOf } from '../../gateway/domain/period.ts';
import type { RatingCode } from '../../gateway/domain/tally.ts';
import type { VoteRecord } from '../../gateway/store/ledger.ts';
import { createSqliteStore, databaseFile } from '../../gateway/store/sqlite/sqlite-store.ts';
import { createHome, startGateway } from './gateway.ts';
import { percentile } from './percentile.ts';
import { type PressFigures, pressFigures } from './press-to-wall.ts';
import { openPresser } from './presser.ts';

export type ScoreFigures = {
  /** While nobody votes. */
  still: Latencies;
  /** While votes come in, so that no two answers are the same. */
  voting: Latencies & { votesPerS: number };
  /** … and whoever asks has them compressed. */
  packed: Latencies;
  /** From a press to the wall, with these votes, and while somebody asks again and again. */
  pressToWall: { alone: PressFigures; asked: PressFigures };
  votes: number;
  windows: number;
  mb: number;
  startMs: number;
};
type Latencies = { p50Ms: number; p99Ms: number };

const WINDOWS = 6_231;
/** One of each unit, so that every vote changes another unit, too. */
const EVERY = 15;
const VOTES_PER_S = 1_000;
const WARM_UP = 30;
const REQUESTS = 300;
const PRESSES = 100;
const PER_COMMIT = 50_000;

export async function measureScores(votes: number, say: (text: string) => void): Promise<ScoreFigures> {
  const home = await createHome(WINDOWS);
  await fill(home.dataDir, votes, say);
  const begun = performance.now();
  const { child, httpPort, mqttPort } = await startGateway(home.dataDir);
  const startMs = Math.round(performance.now() - begun);
  const url = `http://127.0.0.1:${httpPort}/api/v1/scores?period=month`;
  const agent = new Agent({ keepAlive: true });
  const asReader = { agent, headers: home.readerHeaders };
  const whole = await get(url, asReader);
  const { rows } = JSON.parse(whole.toString()) as { rows: { id: string; votes: number }[] };
  const counted = rows.find(({ id }) => id === 'city')?.votes;
  if (counted !== votes) throw new Error(`the city has ${counted} votes, not ${votes}`);
  const measure = async (options: RequestOptions): Promise<Latencies> => {
    const latencies: number[] = [];
    for (let asked = 0; asked < WARM_UP + REQUESTS; asked++) {
      const begin = performance.now();
      await get(url, options);
      if (asked >= WARM_UP) latencies.push(performance.now() - begin);
    }
    latencies.sort((a, b) => a - b);
    return { p50Ms: percentile(latencies, 0.5), p99Ms: percentile(latencies, 0.99) };
  };
  const still = await measure(asReader);
  const terminals = home.terminals.filter((_login, at) => at % EVERY === 0);
  const presser = await openPresser({ home: { ...home, terminals }, mqttPort, httpPort }, VOTES_PER_S);
  const voting = { ...(await measure(asReader)), votesPerS: VOTES_PER_S };
  const packed = await measure({ agent, headers: { ...home.readerHeaders, 'accept-encoding': 'gzip' } });
  const press = async () => {
    const latencies: number[] = [];
    for (let press = 0; press < PRESSES; press++) latencies.push(await presser.press());
    return pressFigures(latencies, VOTES_PER_S);
  };
  const alone = await press();
  let isPressing = true;
  const pressed = press().finally(() => {
    isPressing = false;
  });
  while (isPressing) await get(url, asReader);
  const pressToWall = { alone, asked: await pressed };
  await presser.close();
  agent.destroy();
  await child.end();
  home.dispose();
  return { still, voting, packed, pressToWall, votes, windows: WINDOWS, mb: whole.length / 1e6, startMs };
}

function get(url: string, options: RequestOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    request(url, options, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => resolve(Buffer.concat(parts)));
    })
      .once('error', reject)
      .end();
  });
}

/** Through the store's own commit, spread evenly over the month so far and over all windows. */
async function fill(dataDir: string, votes: number, say: (text: string) => void): Promise<void> {
  const store = createSqliteStore({ file: databaseFile(dataDir) });
  const now = Date.now();
  const { from } = spanOf('month', now, createCalendar('Asia/Shanghai'));
  const terminals = await store.org.terminals();
  const keys = await Promise.all(
    (await store.org.windows()).map(async ({ key }, at) => ({
      windowKey: key,
      journalKey: (
        await store.ledger.openJournal(terminals[at]?.key ?? 0, key.toString(16).padStart(32, '0'))
      ).key,
    })),
  );
  for (let done = 0; done < votes; ) {
    const batch: VoteRecord[] = [];
    for (; batch.length < PER_COMMIT && done < votes; done++) {
      const { windowKey, journalKey } = keys[done % keys.length] as (typeof keys)[number];
      const seq = Math.floor(done / keys.length) + 1;
      const at = Math.floor(from + ((now - from) * done) / votes);
      const rating = (done % 10 < 8 ? 0 : done % 10 === 8 ? 1 : 2) as RatingCode;
      batch.push({
        journalKey,
        channel: 0,
        seq,
        windowKey,
        rating,
        at,
        clock: 0,
        boot: 'b',
        mono: seq,
        receivedAt: at,
      });
    }
    const nothing = { quarantine: [], lost: [], corrections: [], unjudged: [] };
    await store.ledger.commit({ votes: batch, ...nothing, keepsConflict: () => true });
    if (done % 1_000_000 === 0) say(`  ${done / 1e6} million votes stored`);
  }
  // A city's gateway has summed up what is some minutes old: doing it for all at once is not what is measured.
  while (await store.folding.isDue(now)) await store.folding.fold(now);
  await store.close();
}
