/**
 * Turns what happens into numbered changes: what changed since the last flush, as whole rows. A vote is told within
 * FLUSH_MS, and however many votes come in that time, a window costs one row.
 */
import {
  type LiveRow,
  type Snapshot,
  type Steps,
  TICKER_LENGTH,
  type TickerVote,
  TREND_MINUTES,
  type TrendMinute,
} from '../../protocol/live.ts';
import type { FigureRules } from '../../protocol/score.ts';
import { RATINGS, type Rating } from '../../protocol/vote.ts';
import { type Calendar, MINUTE_MS } from '../domain/calendar.ts';
import type { OrgTree, Unit } from '../domain/org.ts';
import type { ScoreBook } from '../domain/score-book.ts';
import { StoreFailure } from '../store/failures.ts';
import type { VoteRecord } from '../store/ledger.ts';
import type { RecentVote, VoteReads } from '../store/votes.ts';
import type { Board } from './board.ts';
import type { Change } from './change.ts';
import type { Places } from './places.ts';
import { createScopedStream } from './scoped-stream.ts';
import { createUnitPlaces } from './unit-places.ts';

export const FLUSH_MS = 50;

/** Latest votes that are remembered, so that a subtree's ticker need not begin empty. */
const RECENT_VOTES = 1_024;

/**
 * A change of the whole city, with the votes that a subtree's own ticker is made from (oldest first), and whether places are due to be
 * looked at.
 */
export type CityChange = Change & { votes: readonly TickerVote[]; placesAreDue: boolean };

/** What one kind of client is sent: the whole city, or one unit's subtree. Each has revisions of its own. */
export type Stream = {
  /** When its ticker has begun: before that there is no snapshot, and it narrows nothing. */
  ready: Promise<void>;
  revision(): number;
  snapshot(): Snapshot;
  /** Its part of a change; null when the change says nothing to it. */
  narrow(change: CityChange): Change | null;
  /** Everything may have changed: what comes next is a snapshot. */
  replaced(): void;
};

export type FeedDeps = {
  board: Board;
  book: ScoreBook;
  calendar: Calendar;
  tree: () => OrgTree;
  now: () => number;
  instance: string;
  figures: () => FigureRules;
  places: Places;
  /** What is stored already, for tickers that begin. */
  newestVotes: VoteReads['newestVotes'];
  /** Of a feed that moves on in steps: those of a unit. It hears of no vote, and its minutes are empty. */
  stepsOf?: (unitId: string) => Steps;
};

export type FeedListener = {
  /** Is there anybody to be told? While there is nobody, no rows are made. */
  isHeard(): boolean;
  changed(change: CityChange): void;
  replaced(): void;
};

export type Feed = {
  voted(vote: RecentVote): void;
  /** A vote of this window and moment counts for something else now. */
  recounted(vote: Pick<RecentVote, 'windowKey' | 'at'>): void;
  /** A window's terminals or completeness have changed. */
  touched(windowId: string): void;
  /** Everything may have changed (the tree did). */
  replaced(): void;
  /** What has happened is told now, and not when it has been quiet. */
  announce(): void;
  /** Called often: begins new minutes and days. */
  tick(): void;
  /** Of the whole city (null), or of one unit's subtree. */
  stream(unitId: string | null): Stream;
  /** Of all that is shown: it is another one when something has happened. */
  dataRevision(): string;
  listen(listener: FeedListener): void;
  stop(): void;
};

/** A vote of the ticker, and which one it is. */
type Seen = Pick<VoteRecord, 'journalKey' | 'seq'> & { vote: TickerVote };

/** @throws what `newestVotes` throws but StoreFailure, of which the storage guard knows. */
export async function openFeed(deps: FeedDeps): Promise<Feed> {
  const { board, book, calendar, tree, now, places } = deps;
  const listeners: FeedListener[] = [];
  let revision = 0;
  let happened = 0;
  let nextVoteId = 1;
  /** Oldest first. */
  let recent: Seen[] = [];
  let day = calendar.dayOf(now());
  let minute = minuteOf(now());

  let dirtyWindows = new Set<string>();
  let dirtyMinutes = new Set<number>();
  /** Oldest first. */
  let newVotes: RecentVote[] = [];
  let timer: NodeJS.Timeout | null = null;
  let lastFlushAt = 0;
  /** Votes have changed since places were looked at; the next change is to look at them. */
  let [placesAreOld, placesAreDue] = [false, false];

  const countsOf = (unit: Unit) => board.unitCounts(unit, now());
  const cityPlaces = createUnitPlaces({ tree, countsOf, places, group: 'live' });

  const trendMinute = (start: number): TrendMinute => ({ minute: start, ...book.cityMinute(start) });

  const see = ({ journalKey, seq, windowKey, rating, at }: RecentVote): Seen[] => {
    const serviceWindow = tree().windowByKey.get(windowKey);
    if (!serviceWindow) return [];
    const vote = { id: nextVoteId++, windowId: serviceWindow.id, rating: RATINGS[rating] as Rating, at };
    return [{ journalKey, seq, vote }];
  };

  const flush = () => {
    timer = null;
    lastFlushAt = performance.now();
    const at = now();
    // Sums of yesterday must not be added to rows of today, in the second before the next tick.
    if (calendar.dayOf(at) !== day) board.forget();
    const seen = newVotes.flatMap(see);
    const votes = seen.map(({ vote }) => vote);
    const latest = votes.slice(-TICKER_LENGTH).reverse();
    const dirty = [...dirtyWindows].flatMap((id) => tree().windowById.get(id) ?? []);
    for (const { id } of dirty) board.forget(id);
    const heard = listeners.filter((listener) => listener.isHeard());
    let change: CityChange | null = null;
    if (heard.length > 0) {
      const units = new Set(dirty.flatMap(board.unitsOf));
      change = {
        from: revision,
        revision: revision + 1,
        units: rowsOf(units, (unit) => board.unitRow(unit, at)),
        windows: rowsOf(dirty, (serviceWindow) => board.windowRow(serviceWindow, at)),
        places: new Map(placesAreDue ? cityPlaces.changed().map((one) => [one.unitId, one]) : []),
        trend: new Map([...dirtyMinutes].map((start) => [start, trendMinute(start)])),
        ticker: latest,
        votes,
        placesAreDue,
      };
    }
    revision += 1;
    ticker = [...latest, ...ticker].slice(0, TICKER_LENGTH);
    if (seen.length > 0) recent = [...recent, ...seen].slice(-RECENT_VOTES);
    dirtyWindows = new Set();
    dirtyMinutes = new Set();
    newVotes = [];
    placesAreDue = false;
    if (change) for (const listener of heard) listener.changed(change);
  };

  /** At once when it has been quiet, so that a lone vote does not wait. */
  const schedule = () => {
    if (timer) return;
    const wait = Math.max(0, FLUSH_MS - (performance.now() - lastFlushAt));
    timer = setTimeout(flush, wait);
  };

  const announce = () => {
    if (!timer) return;
    clearTimeout(timer);
    flush();
  };

  const replaced = () => {
    board.forget();
    announce();
    revision += 1;
    happened += 1;
    cityPlaces.forget();
    for (const listener of listeners) listener.replaced();
  };

  const snapshot = (): Snapshot => {
    const at = now();
    const last = minuteOf(at);
    const trend: TrendMinute[] = [];
    for (let back = TREND_MINUTES - 1; back >= 0; back--) trend.push(trendMinute(last - back * MINUTE_MS));
    return {
      type: 'snapshot',
      revision,
      now: at,
      instance: deps.instance,
      timeZone: calendar.timeZone,
      day: calendar.nameOf(calendar.dayOf(at)),
      figures: deps.figures(),
      ...board.rows('today', at),
      places: cityPlaces.all(),
      trend,
      ticker,
    };
  };

  const stored = async (windows: OrgTree['windows']): Promise<RecentVote[]> => {
    const voted = windows.flatMap(({ key }) => {
      const lastAt = book.lastVoteAt(key);
      return lastAt === null ? [] : { windowKey: key, lastAt };
    });
    try {
      return await deps.newestVotes(voted, TICKER_LENGTH);
    } catch (error) {
      // The storage guard knows of it, and says so.
      if (error instanceof StoreFailure) return [];
      throw error;
    }
  };

  /**
   * The latest votes at these windows, oldest first: those that were seen to come, and what the store has beside them. `take` hears
   * of them before anything is told that is not among them.
   */
  const readLatest = async (windows: OrgTree['windows'], take: (votes: TickerVote[]) => void) => {
    const ids = new Set(windows.map(({ id }) => id));
    const seenThere = () => recent.filter(({ vote }) => ids.has(vote.windowId));
    const read = seenThere().length >= TICKER_LENGTH ? [] : await stored(windows);
    // What was stored meanwhile is told now, and then each vote is among those seen, or read, or both.
    announce();
    const seen = seenThere();
    const names = new Set(seen.map(nameOf));
    const older = read.filter((vote) => !names.has(nameOf(vote))).reverse();
    take([...older.flatMap(see), ...seen].slice(-TICKER_LENGTH).map(({ vote }) => vote));
  };
  let ticker: TickerVote[] = [];
  await readLatest(tree().windows, (votes) => {
    ticker = votes.reverse();
  });

  const city: Stream = {
    ready: Promise.resolve(),
    revision: () => revision,
    snapshot,
    narrow: (change) => change,
    replaced() {},
  };

  /** @returns whether there is such a window. */
  const recounted = ({ windowKey, at }: Pick<RecentVote, 'windowKey' | 'at'>) => {
    const serviceWindow = tree().windowByKey.get(windowKey);
    if (!serviceWindow) return false;
    happened += 1;
    placesAreOld = true;
    dirtyWindows.add(serviceWindow.id);
    board.touch(serviceWindow.id);
    const start = minuteOf(at);
    if (start > minute - TREND_MINUTES * MINUTE_MS && start <= minute) dirtyMinutes.add(start);
    schedule();
    return true;
  };

  return {
    recounted,
    voted(vote) {
      if (!recounted(vote)) return;
      newVotes.push(vote);
      if (newVotes.length > 2 * RECENT_VOTES) newVotes = newVotes.slice(-RECENT_VOTES);
    },
    touched(windowId) {
      happened += 1;
      dirtyWindows.add(windowId);
      board.touch(windowId);
      schedule();
    },
    ...{ replaced, announce },
    tick() {
      const at = now();
      if (minuteOf(at) !== minute) {
        minute = minuteOf(at);
        dirtyMinutes.add(minute);
        schedule();
      }
      if (calendar.dayOf(at) !== day) {
        day = calendar.dayOf(at);
        replaced();
      }
      if (placesAreOld) {
        [placesAreOld, placesAreDue] = [false, true];
        schedule();
      }
    },
    dataRevision: () => `${deps.instance}/${happened}`,
    stream(unitId) {
      if (unitId === null) return city;
      const { stepsOf } = deps;
      const steps = stepsOf && (() => stepsOf(unitId));
      return createScopedStream({ unitId, tree, book, snapshot, countsOf, places, steps, readLatest });
    },
    listen: (listener) => void listeners.push(listener),
    stop() {
      if (timer) clearTimeout(timer);
    },
  };
}

function rowsOf<T extends { id: string }>(
  those: Iterable<T>,
  row: (one: T) => LiveRow,
): Map<string, LiveRow> {
  return new Map(Array.from(those, (one) => [one.id, row(one)]));
}

function minuteOf(at: number): number {
  return Math.floor(at / MINUTE_MS) * MINUTE_MS;
}

function nameOf({ journalKey, seq }: Pick<VoteRecord, 'journalKey' | 'seq'>): string {
  return `${journalKey}/${seq}`;
}
