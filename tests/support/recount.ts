/**
 * The two sums that every fault has to leave right, counted straight from the SQLite file and from nothing that the
 * gateway remembers: stored == thanked (promise A, B), and score == recount (promise C).
 */
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import type { LiveRow } from '../../protocol/live.ts';
import { type Interval, PERIODS, type Period, type Proof, type ScoreRow } from '../../protocol/score.ts';
import { VERDICTS } from '../../protocol/verdict.ts';
import { type Counts, RATINGS } from '../../protocol/vote.ts';
import type { TestGateway } from './gateway.ts';
import { listenLive } from './live-client.ts';
import { readFile } from './read-file.ts';
import { areRulesOn, expectVerdictsByHand, untilJudged } from './stored-verdicts.ts';
import type { TerminalProcess } from './terminal-process.ts';
import { until } from './wait.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** As gateways under test have them. */
const [TARGET, MINIMUM] = [0.85, 30];
/** Of 95 %. */
const Z = 1.959963984540054;
const WEIGHTS: Counts = { satisfied: 100, basically: 60, unsatisfied: 0 };

export type StoredVote = {
  terminal: string;
  window: string;
  epoch: string;
  seq: number;
  rating: number;
  at: number;
};

/** Every stored vote, from the file. */
export function storedVotes(dataDir: string): StoredVote[] {
  return readFile(
    dataDir,
    (db) =>
      db
        .prepare(
          `SELECT t.id AS terminal, w.id AS window, s.epoch, v.seq, v.rating, v.at FROM votes v
           JOIN sources s ON s.key = v.source_key JOIN terminals t ON t.key = s.terminal_key
           JOIN windows w ON w.key = v.window_key ORDER BY t.id, s.key, v.seq`,
        )
        .all() as StoredVote[],
  );
}

/** Messages and votes in quarantine, by reason. What came too fast is only counted: see /metrics. */
export function setAside(dataDir: string): Map<string, number> {
  const rows = readFile(
    dataDir,
    (db) =>
      db.prepare('SELECT reason, count(*) AS count FROM quarantine GROUP BY reason').all() as {
        reason: string;
        count: number;
      }[],
  );
  return new Map(rows.map(({ reason, count }) => [reason, count]));
}

export type ThankedBy = Pick<TerminalProcess, 'login' | 'thanked' | 'cutOff'>;
export type StoredTally = { thanked: number; stored: number; cutOff: number };

/**
 * Waits until every thanked press is stored, then asserts that nothing else is: only a press that was under way when its
 * terminal was killed may be there as well, for it may have been on disk already.
 */
export async function expectStoredEqualsThanked(
  gateway: Pick<TestGateway, 'dataDir'>,
  terminals: readonly ThankedBy[],
  { timeoutMs = 90_000 }: { timeoutMs?: number } = {},
): Promise<StoredTally> {
  const storedOf = () => {
    const counts = new Map<string, number>();
    for (const { terminal } of storedVotes(gateway.dataDir))
      counts.set(terminal, (counts.get(terminal) ?? 0) + 1);
    return counts;
  };
  const missing = () => {
    const stored = storedOf();
    return terminals.flatMap(({ login, thanked }) => {
      const held = stored.get(login.id) ?? 0;
      return held < thanked() ? [`${login.id}: ${held} stored of ${thanked()} thanked`] : [];
    });
  };
  await until(
    'every thanked press to be stored',
    () => {
      const behind = missing();
      if (behind.length > 0) throw new Error(behind.join('; '));
      return true;
    },
    { timeoutMs, everyMs: 100 },
  );
  const stored = storedOf();
  for (const { login, thanked, cutOff } of terminals)
    expect((stored.get(login.id) ?? 0) - thanked(), `${login.id}: stored beyond what was thanked`).toBeOneOf(
      Array.from({ length: cutOff() + 1 }, (_, more) => more),
    );
  const sum = (of: (terminal: ThankedBy) => number) => terminals.reduce((total, one) => total + of(one), 0);
  return {
    thanked: sum((one) => one.thanked()),
    stored: sum(({ login }) => stored.get(login.id) ?? 0),
    cutOff: sum((one) => one.cutOff()),
  };
}

type Discounts = { counts: Counts; reasons: Record<string, number> };
type Recount = { raw: number; counts: Counts; discounted: Discounts | null; lastVoteAt: number | null };
type Figures = {
  /** All that were pressed, counted or not. */
  raw: number;
  votes: number;
  counts: Counts;
  rate: number | null;
  index: number | null;
  /** Where it is told; to nine digits. */
  rateInterval: string | null;
  proof: Proof;
  discounted: Discounts | null;
  lastVoteAt: number | null;
};

/** Wilson's interval as textbooks write it, which shares no arithmetic with the gateway's. */
function wilson(good: number, votes: number): Interval {
  const [p, z2] = [good / votes, Z ** 2];
  const centre = (p + z2 / (2 * votes)) / (1 + z2 / votes);
  const half = (Z / (1 + z2 / votes)) * Math.sqrt((p * (1 - p)) / votes + z2 / (4 * votes ** 2));
  return { lower: centre - half, upper: centre + half };
}

function proofOf(interval: Interval | null, votes: number): Proof {
  if (interval === null || votes < MINIMUM) return 'insufficient';
  if (interval.lower >= TARGET) return 'meets';
  return interval.upper < TARGET ? 'fails' : 'open';
}

const NOT_TOLD = 'not told';
const shownInterval = ({ lower, upper }: Interval) =>
  [lower, upper].map((end) => Math.abs(end).toFixed(9)).join(' to ');

function figuresOf({ raw, counts, discounted, lastVoteAt }: Recount): Figures {
  const votes = RATINGS.reduce((sum, rating) => sum + counts[rating], 0);
  const interval = votes === 0 ? null : wilson(counts.satisfied + counts.basically, votes);
  const weighted = RATINGS.reduce((sum, rating) => sum + counts[rating] * WEIGHTS[rating], 0);
  return {
    votes,
    counts,
    rate: votes === 0 ? null : (counts.satisfied + counts.basically) / votes,
    index: votes === 0 ? null : weighted / votes,
    rateInterval: interval && shownInterval(interval),
    proof: proofOf(interval, votes),
    ...{ raw, discounted, lastVoteAt },
  };
}

const noVotes = (): Counts => ({ satisfied: 0, basically: 0, unsatisfied: 0 });

/** Local days by name, so that this shares no arithmetic with the gateway's calendar. */
function createDayNames(timeZone: string): (atMs: number) => string {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  return (atMs) => format.format(atMs);
}

/** For every unit and window. @param now the moment whose periods are meant */
export function recountScores(
  dataDir: string,
  period: Period,
  now: number,
  timeZone = 'Asia/Shanghai',
): Map<string, Figures> {
  const dayName = createDayNames(timeZone);
  const today = dayName(now);
  const week = new Set(Array.from({ length: 7 }, (_, back) => previousDay(today, back)));
  const minute = Math.floor(now / MINUTE_MS);
  const isIn: Record<Period, (minuteOfVote: number, day: string) => boolean> = {
    '60m': (at) => at > minute - 60 && at <= minute,
    today: (_, day) => day === today,
    '7d': (_, day) => week.has(day),
    month: (_, day) => day.slice(0, 7) === today.slice(0, 7) && day <= today,
  };
  return readFile(dataDir, (db) => {
    const units = db.prepare('SELECT id, key, parent_key AS parentKey FROM units').all() as {
      id: string;
      key: number;
      parentKey: number | null;
    }[];
    const windows = db.prepare('SELECT id, key, unit_key AS unitKey FROM windows').all() as {
      id: string;
      key: number;
      unitKey: number;
    }[];
    const rows = db
      .prepare(
        `SELECT window_key AS windowKey, rating, at / ${MINUTE_MS} AS minute, count(*) AS votes, max(at) AS lastAt
           , EXISTS (SELECT 1 FROM exclusions e JOIN sources s ON s.terminal_key = e.terminal_key WHERE s.key = votes.source_key
               AND e.ended_at IS NULL AND votes.at >= e.from_at AND votes.at < e.to_at) AS excluded, verdict
         FROM votes GROUP BY 1, 2, 3, excluded, verdict`,
      )
      .all() as {
      windowKey: number;
      rating: number;
      minute: number;
      votes: number;
      lastAt: number;
      excluded: 0 | 1;
      verdict: number;
    }[];

    const empty = (): Recount => ({ raw: 0, counts: noVotes(), discounted: null, lastVoteAt: null });
    const unitByKey = new Map(units.map((unit) => [unit.key, { ...unit, recount: empty() }]));
    const windowByKey = new Map(windows.map((one) => [one.key, { ...one, recount: empty() }]));
    for (const row of rows) {
      const serviceWindow = windowByKey.get(row.windowKey);
      if (!serviceWindow) throw new Error(`a vote is stored for no window (key ${row.windowKey})`);
      const concerned = [serviceWindow.recount];
      for (let key: number | null = serviceWindow.unitKey; key !== null; ) {
        const unit = unitByKey.get(key);
        if (!unit) throw new Error(`unit key ${key} is missing`);
        concerned.push(unit.recount);
        key = unit.parentKey;
      }
      const isOfPeriod = isIn[period](row.minute, dayName(row.minute * MINUTE_MS));
      const isMeant = row.excluded === 0 && isOfPeriod;
      const rating = RATINGS[row.rating] as keyof Counts;
      const reason = VERDICTS[row.verdict] as string;
      for (const recount of concerned) {
        if (isOfPeriod) recount.raw += row.votes;
        if (isMeant && row.verdict === 0) recount.counts[rating] += row.votes;
        if (isMeant && row.verdict !== 0) {
          recount.discounted ??= { counts: noVotes(), reasons: {} };
          recount.discounted.counts[rating] += row.votes;
          recount.discounted.reasons[reason] = (recount.discounted.reasons[reason] ?? 0) + row.votes;
        }
        recount.lastVoteAt = Math.max(recount.lastVoteAt ?? 0, row.lastAt);
      }
    }
    return new Map([
      ...units.map(
        ({ id, key }) => [`unit ${id}`, figuresOf(unitByKey.get(key)?.recount ?? empty())] as const,
      ),
      ...windows.map(
        ({ id, key }) => [`window ${id}`, figuresOf(windowByKey.get(key)?.recount ?? empty())] as const,
      ),
    ]);
  });
}

function previousDay(day: string, back: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) - back * DAY_MS).toISOString().slice(0, 10);
}

const votesOf = (counts: Counts | null) =>
  counts === null ? 0 : RATINGS.reduce((sum, rating) => sum + counts[rating], 0);

/** All that were pressed, counted or not. */
export const pressedOf = ({
  votes,
  excluded,
  discounted,
}: Pick<ScoreRow, 'votes' | 'excluded' | 'discounted'>): number =>
  votes + votesOf(excluded) + votesOf(discounted?.counts ?? null);

function figuresShown(rows: readonly (ScoreRow | LiveRow)[]): Map<string, Figures> {
  return new Map(
    rows.map(
      ({ kind, id, votes, counts, rate, index, proof, intervals, excluded, discounted, lastVoteAt }) => [
        `${kind} ${id}`,
        {
          raw: pressedOf({ votes, excluded, discounted }),
          ...{ votes, counts, rate, index, proof, discounted, lastVoteAt },
          // Walls are told those of units alone.
          rateInterval: intervals === undefined ? NOT_TOLD : intervals && shownInterval(intervals.rate),
        },
      ],
    ),
  );
}

/** What of it a wall is told. */
function onWall(recount: Map<string, Figures>): Map<string, Figures> {
  return new Map(
    [...recount].map(([name, figures]) => [
      name,
      name.startsWith('unit ') ? figures : { ...figures, rateInterval: NOT_TOLD },
    ]),
  );
}

/** Places among siblings, by counting who is better; the possible ones hold the one that is. */
function expectPlacesCounted(rows: readonly ScoreRow[]): void {
  for (const { id, kind, parentId, votes, counts, place } of rows) {
    const siblings = rows.filter((row) => row.kind === kind && row.parentId === parentId);
    const ranked = siblings.filter((row) => row.votes >= MINIMUM);
    if (votes < MINIMUM) {
      expect(place, `place of ${id}`).toBeNull();
      continue;
    }
    const better = ranked.filter((row) => row.counts.unsatisfied * votes < counts.unsatisfied * row.votes);
    expect(place, `place of ${id}`).toMatchObject({ rank: better.length + 1, of: ranked.length });
    expect(place?.best).toBeLessThanOrEqual(better.length + 1);
    expect(place?.worst).toBeGreaterThanOrEqual(better.length + 1);
  }
}

/**
 * Every unit and window, in every period, from the API, and today's from a wall's snapshot. Nothing may be voting meanwhile. Where the
 * default rules hold for a whole project of tests, what each vote counts for is judged by hand first, and what came of it said.
 * @param aheadMs how far the gateway's clock is ahead of this process's
 */
export async function expectScoresEqualRecount(
  gateway: TestGateway,
  timeZone = 'Asia/Shanghai',
  aheadMs = 0,
): Promise<void> {
  if (areRulesOn()) {
    await untilJudged(gateway.dataDir);
    const { raw, counted } = expectVerdictsByHand(gateway.dataDir);
    process.stdout.write(`      score == recount: raw ${raw}, counted ${counted}\n`);
  }
  const atOneMinute = <T>(read: () => Promise<T>) => readAtOneMinute(read, () => Date.now() + aheadMs);
  for (const period of PERIODS) {
    const shown = await atOneMinute(() => gateway.scores(period));
    expect(figuresShown(shown.value), `scores of ${period}`).toEqual(
      recountScores(gateway.dataDir, period, shown.now, timeZone),
    );
    expectPlacesCounted(shown.value);
  }
  const wall = await atOneMinute(async () => {
    const live = await listenLive(gateway);
    await live.snapshot();
    // A snapshot may be some seconds old, for many walls share one; what has changed since follows it.
    const settled = () =>
      isDeepStrictEqual(
        figuresShown(live.rows()),
        onWall(recountScores(gateway.dataDir, 'today', Date.now() + aheadMs, timeZone)),
      );
    await until('the wall to have caught up', settled, { timeoutMs: 5_000, everyMs: 100 }).catch(() => {});
    live.close();
    return figuresShown(live.rows());
  });
  expect(wall.value, 'what the wall shows').toEqual(
    onWall(recountScores(gateway.dataDir, 'today', wall.now, timeZone)),
  );
}

/** What is read in one minute belongs to that minute's periods; what straddles two is read again. */
async function readAtOneMinute<T>(
  read: () => Promise<T>,
  now: () => number,
): Promise<{ value: T; now: number }> {
  for (;;) {
    const before = now();
    const value = await read();
    if (Math.floor(before / MINUTE_MS) === Math.floor(now() / MINUTE_MS)) return { value, now: before };
  }
}
