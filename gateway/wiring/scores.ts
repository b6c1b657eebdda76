/** The third step: what everybody is shown. Counts → rows → numbered changes. */
import type { Config } from '../config.ts';
import { createCalendar } from '../domain/calendar.ts';
import { standingOf } from '../domain/completeness.ts';
import type { Job } from '../jobs/job.ts';
import { keepTime } from '../jobs/keep-time.ts';
import { type Board, createBoard } from '../live/board.ts';
import { type Feed, openFeed } from '../live/feed.ts';
import { openScoreKeeper } from '../scores/score-keeper.ts';
import { createClockWatch } from '../watch/clock-watch.ts';
import { type Closable, openInOrder } from './closing.ts';
import type { Ground } from './ground.ts';
import type { Terminals } from './terminals.ts';

export type ScoresDeps = {
  config: Pick<Config, 'timeZone' | 'weights' | 'targetRate'>;
  ground: Ground;
  terminals: Pick<Terminals, 'presence' | 'putAway' | 'votes' | 'touched'>;
};

export type Scores = {
  board: Board;
  feed: Feed;
  jobs: readonly Job[];
};

/** @throws StoreFailure */
export function openScores({ config, ground, terminals }: ScoresDeps): Promise<Scores & Closable> {
  const { log, now, monotonic, store, ledger, registry, metrics, storage, standstill, changes } = ground;
  const { presence, putAway, votes, touched } = terminals;
  const { journals, clocks } = votes;
  const { tree } = registry;
  return openInOrder(log, async (onClose) => {
    const calendar = createCalendar(config.timeZone);
    const counts = await openScoreKeeper({ votes: store.votes, ledger, calendar, now });
    const { book, excludedBook } = counts;
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
          setAside: putAway.health.setAsideVotes(id),
        }),
    });
    const feed = await openFeed({
      ...{ board, book, calendar, tree, now },
      instance: ground.instance,
      targetRate: config.targetRate,
      newestVotes: store.votes.newestVotes,
    });
    onClose('the feed', feed.stop);

    votes.stored.listen((vote) => {
      counts.stored(vote);
      feed.voted(vote);
    });
    votes.evidence.listen(({ windowId }) => feed.touched(windowId));
    touched.listen((terminalId) => {
      const terminal = registry.terminal(terminalId);
      if (terminal) feed.touched(terminal.windowId);
    });
    let hasStepped = false;
    const reload = async () => {
      await counts.reload();
      hasStepped = false;
      feed.replaced();
    };
    storage.rereading.listen(reload);
    let shown = tree();
    changes.heard.listen(() => {
      if (tree() === shown) return;
      shown = tree();
      feed.replaced();
    });
    // Other votes are of today then, and of the last hour.
    const stepped = () => {
      hasStepped = true;
    };
    const clock = createClockWatch({ now, monotonic, log, stepped });
    metrics.watchClock(clock);
    const tick = async () => {
      clock.look();
      // A vote that is stored already, and told later, would be counted twice.
      if (hasStepped || counts.isDue()) await standstill.during(reload);
      feed.tick();
    };
    return { board, feed, jobs: [keepTime({ tick, failed: storage.failed })] };
  });
}
