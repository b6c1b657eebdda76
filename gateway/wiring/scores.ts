/** The third step: what everybody is shown. Counts → rows → numbered changes. */
import type { Completeness, FigureRules } from '../../protocol/score.ts';
import type { ScoreSource } from '../api/scores/score-routes.ts';
import type { Config } from '../config.ts';
import { createCalendar } from '../domain/calendar.ts';
import { standingOf, UNKNOWN } from '../domain/completeness.ts';
import type { Terminal } from '../domain/org.ts';
import type { ScoreBook } from '../domain/score-book.ts';
import { METHOD } from '../domain/statistics/figure.ts';
import { DEFAULT_CONFIDENCE } from '../domain/statistics/interval.ts';
import type { Job } from '../jobs/job.ts';
import { keepTime } from '../jobs/keep-time.ts';
import { createBoard } from '../live/board.ts';
import { type ChannelRows, createChannelRows } from '../live/channel-rows.ts';
import { type Feed, openFeed } from '../live/feed.ts';
import { createPlaces } from '../live/places.ts';
import { createScoreRows } from '../live/score-rows.ts';
import { readTreeThen } from '../scores/kept-tree-then.ts';
import { openScoreKeeper } from '../scores/score-keeper.ts';
import type { Corrected } from '../store/ledger.ts';
import { createClockWatch } from '../watch/clock-watch.ts';
import { type Closable, openInOrder } from './closing.ts';
import type { Ground } from './ground.ts';
import type { NeighboursStep } from './neighbours.ts';
import { openShown, type Shown } from './shown.ts';
import type { Terminals } from './terminals.ts';

export type ScoresDeps = {
  config: Pick<Config, 'timeZone' | 'weights' | 'targetRate' | 'minimumVotes'>;
  ground: Ground;
  neighbours: Pick<NeighboursStep, 'heard' | 'has'>;
  terminals: Pick<Terminals, 'everywhere' | 'votes' | 'touched'>;
};

export type Scores = {
  source: ScoreSource;
  channelRows: ChannelRows;
  /** Of the votes that count. */
  book: ScoreBook;
  feed: Feed;
  /** What is missing of a window's votes, as everybody is shown it. */
  completenessOf(windowId: string): Completeness;
  /** What whoever is bound to a unit is shown. */
  shown: Shown;
  jobs: readonly Job[];
};

/** @throws StoreFailure */
export function openScores({
  config,
  ground,
  neighbours,
  terminals,
}: ScoresDeps): Promise<Scores & Closable> {
  const { log, now, monotonic, store, registry, metrics, storage, standstill, changes } = ground;
  const { everywhere, votes, touched } = terminals;
  const { journals } = votes;
  const { tree } = registry;
  return openInOrder(log, async (onClose) => {
    const calendar = createCalendar(config.timeZone);
    const treeThen = readTreeThen(store.org);
    const counts = await openScoreKeeper({ scores: store.scores, treeThen, calendar, now });
    const { book, excludedBook, discountedBooks } = counts;
    const figures = (): FigureRules => ({
      method: METHOD,
      weights: config.weights,
      minimum: config.minimumVotes,
      target: config.targetRate,
      confidence: DEFAULT_CONFIDENCE,
      rules: votes.rules.revision(),
    });
    const rest = {
      presence: everywhere,
      isClockApart: everywhere.isClockApart,
      completenessOf: ({ key, id }: Terminal) =>
        standingOf({
          ...journals.evidenceOf(key),
          online: everywhere.isOnline(id),
          lastSeenAt: everywhere.lastSeenAt(id),
          setAside: everywhere.setAsideVotes(id),
        }),
    };
    const books = { book, excludedBook, discountedBooks };
    const board = createBoard({ ...{ tree, figures }, ...books, ...rest });
    const channelRows = createChannelRows({
      ...{ store: store.history, calendar, tree, moves: counts.moves },
      ...{ ...books, ...rest },
    });
    const feed = await openFeed({
      ...{ board, book, calendar, tree, now },
      instance: ground.instance,
      figures,
      places: createPlaces(figures),
      newestVotes: store.votes.newestVotes,
    });
    onClose('the feed', feed.stop);
    const shown = await openShown({
      ...{ ground, counts, calendar, figures, rest, hasNeighbours: neighbours.has },
    });
    onClose('the feed in steps', shown.feed.stop);
    // Where a window's votes are shown as they come, the rows of both are the same.
    const eachFeed = [feed, shown.feed];
    const touch = (windowId: string) => {
      for (const one of eachFeed) one.touched(windowId);
    };

    votes.stored.listen((vote) => {
      counts.stored(vote);
      feed.voted(vote);
      shown.recounted(vote);
    });
    votes.storedElsewhere.listen((commit, stored) => {
      const isNew = counts.storedElsewhere(commit, stored);
      for (const vote of stored) {
        const serviceWindow = tree().windowByKey.get(vote.windowKey);
        shown.recounted(vote);
        if (isNew) feed.voted(vote);
        // It is in the counts already; what is missing of its terminal's votes may be less now.
        else if (serviceWindow) feed.touched(serviceWindow.id);
      }
    });
    const moved = (corrected: readonly Corrected[]) => {
      for (const one of corrected) {
        feed.recounted(one);
        shown.recounted(one);
      }
    };
    votes.corrected.listen((corrected) => {
      counts.corrected(corrected);
      moved(corrected);
    });
    neighbours.heard.corrected.listen((commit, corrected) => {
      if (counts.correctedElsewhere(commit, corrected)) moved(corrected);
    });
    votes.evidence.listen(({ windowId }) => touch(windowId));
    touched.listen((terminalId) => {
      const terminal = registry.terminal(terminalId);
      if (terminal) touch(terminal.windowId);
    });
    neighbours.heard.touched.listen((terminalKey) => {
      const terminal = registry.terminalByKey(terminalKey);
      if (terminal) touch(terminal.windowId);
    });
    let hasStepped = false;
    const reload = async () => {
      await counts.reload();
      hasStepped = false;
      for (const one of eachFeed) one.replaced();
    };
    storage.rereading.listen(reload);
    let shownTree = tree();
    changes.heard.listen(async () => {
      // What was pressed before a move counts for where its window stood: that is told by the hour, and not by what is held of a day.
      if (tree() !== shownTree && (await counts.haveMoved())) await standstill.during(reload);
      await shown.reload();
      if (tree() === shownTree) return;
      shownTree = tree();
      for (const one of eachFeed) one.replaced();
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
      for (const one of eachFeed) one.tick();
    };
    const source = { rows: createScoreRows({ board, tree, figures }), figures, calendar };
    return {
      source: { ...source, dataRevision: feed.dataRevision },
      ...{ channelRows, feed, book, shown },
      completenessOf(windowId) {
        const serviceWindow = tree().windowById.get(windowId);
        return serviceWindow ? board.windowCompleteness(serviceWindow, now()) : UNKNOWN;
      },
      jobs: [...shown.jobs, keepTime({ tick, failed: storage.failed })],
    };
  });
}
