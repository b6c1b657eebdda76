/** The wiring of what everybody is shown: counts → rows → numbered changes → sockets. */
import type { Logger } from 'pino';
import { type ClockWatch, createClockWatch } from './clock-watch.ts';
import { type Compressor, createCompressor } from './compress/compressor.ts';
import type { Config } from './config.ts';
import { createCalendar } from './domain/calendar.ts';
import { standingOf } from './domain/completeness.ts';
import type { ClockAlarms } from './fleet/clock-alarms.ts';
import type { JournalAlarms } from './fleet/journal-alarms.ts';
import type { Presence } from './fleet/presence.ts';
import type { Registry } from './fleet/registry.ts';
import type { Journals } from './ingest/journals.ts';
import { type Board, createBoard } from './live/board.ts';
import { createFeed, type Feed } from './live/feed.ts';
import { createHub, type Hub } from './live/hub.ts';
import { createScoreKeeper, type ScoreKeeper } from './score-keeper.ts';
import type { Store } from './store/store.ts';

const MAX_WALLS = 500;

export type ScoreboardDeps = {
  config: Pick<Config, 'timeZone' | 'weights' | 'targetRate'>;
  store: Store;
  registry: Registry;
  presence: Presence;
  journals: Journals;
  clocks: ClockAlarms;
  health: JournalAlarms;
  log: Logger;
  now: () => number;
  monotonic: () => number;
  /** Of this start of the gateway. */
  instance: string;
};

export type Scoreboard = {
  scores: ScoreKeeper;
  board: Board;
  feed: Feed;
  hub: Hub;
  compressor: Compressor;
  clockWatch: ClockWatch;
  maxWalls: number;
  /** Something is known of a terminal that was not: its window is told anew. */
  touch(terminalId: string): void;
  /** Begins new minutes and days, also after the clock was set. */
  tick(): void;
};

export function createScoreboard(deps: ScoreboardDeps): Scoreboard {
  const { config, store, registry, presence, journals, clocks, health, log, now, monotonic } = deps;
  const calendar = createCalendar(config.timeZone);
  const scores = createScoreKeeper({ store, calendar, now, terminalOf: journals.terminalOf });
  const { book, excludedBook } = scores;
  const { tree } = registry;
  const board = createBoard({
    ...{ tree, book, excludedBook, presence },
    weights: config.weights,
    targetRate: config.targetRate,
    isClockApart: clocks.isApart,
    completenessOf: ({ key, id }) =>
      standingOf({
        ...journals.evidenceOf(key),
        online: presence.isOnline(id),
        lastSeenAt: presence.lastSeenAt(id),
        setAside: health.setAsideVotes(id),
      }),
  });
  const feed = createFeed({
    ...{ board, book, calendar, tree, now },
    instance: deps.instance,
    targetRate: config.targetRate,
    newestVotes: store.newestVotes,
  });
  const compressor = createCompressor();
  const hub = createHub(feed, { now, monotonic, maxClients: MAX_WALLS, compressor });
  const clockWatch = createClockWatch({
    ...{ now, monotonic, log },
    stepped() {
      // Other votes are of today now, and of the last hour.
      scores.reload();
      feed.replaced();
    },
  });
  return {
    ...{ scores, board, feed, hub, compressor, clockWatch },
    maxWalls: MAX_WALLS,
    touch(terminalId) {
      const terminal = registry.terminal(terminalId);
      if (terminal) feed.touched(terminal.windowId);
    },
    tick() {
      clockWatch.look();
      if (scores.look()) feed.replaced();
      feed.tick();
    },
  };
}
