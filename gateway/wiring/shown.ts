/** The wiring of what whoever is bound to a unit is shown: a board and a feed of their own, that move on in steps. */
import type { FigureRules } from '../../protocol/score.ts';
import type { ScoreSource } from '../api/scores/score-routes.ts';
import type { Calendar } from '../domain/calendar.ts';
import type { Job } from '../jobs/job.ts';
import { showSteps } from '../jobs/show-steps.ts';
import { type BoardDeps, createBoard } from '../live/board.ts';
import { type Feed, openFeed } from '../live/feed.ts';
import { createPlaces } from '../live/places.ts';
import { createScoreRows } from '../live/score-rows.ts';
import { openPrivacyBook, type PrivacyBook } from '../privacy/privacy-book.ts';
import { shownBooks } from '../privacy/shown-books.ts';
import { openShownVotes, type ShownVotes } from '../privacy/shown-votes.ts';
import { readTreeThen } from '../scores/kept-tree-then.ts';
import type { ScoreKeeper } from '../scores/score-keeper.ts';
import type { StoredVote } from '../store/neighbours.ts';
import type { Ground } from './ground.ts';

export type ShownDeps = {
  ground: Pick<Ground, 'now' | 'store' | 'registry' | 'storage' | 'instance'>;
  counts: ScoreKeeper;
  calendar: Calendar;
  figures: () => FigureRules;
  /** What a board shows beside the counts. */
  rest: Pick<BoardDeps, 'presence' | 'isClockApart' | 'completenessOf'>;
  hasNeighbours: boolean;
};

export type Shown = {
  privacy: PrivacyBook;
  votes: ShownVotes;
  source: ScoreSource;
  feed: Feed;
  /** A vote was stored, or is counted otherwise: told of windows where votes are shown as they come. */
  recounted(vote: Pick<StoredVote, 'windowKey' | 'at'>): void;
  /** Settings or the tree may be others. @throws StoreFailure */
  reload(): Promise<void>;
  jobs: readonly Job[];
};

/** @throws StoreFailure */
export async function openShown(deps: ShownDeps): Promise<Shown> {
  const { ground, counts, calendar, figures, rest, hasNeighbours } = deps;
  const { now, store, registry, storage, instance } = ground;
  const { tree } = registry;
  const privacy = await openPrivacyBook(store.privacy, tree, { treeThen: readTreeThen(store.org), now });
  const votes = await openShownVotes({
    ...{ store: store.privacy, live: counts.book, privacy, tree, calendar, now },
  });
  const { book, withoutStepped } = shownBooks(counts.book, votes);
  const board = createBoard({
    ...{ tree, book, figures, ...rest },
    excludedBook: withoutStepped(counts.excludedBook),
    discountedBooks: counts.discountedBooks.map(withoutStepped),
  });
  const feed = await openFeed({
    ...{ board, book: votes.book, calendar, tree, now, instance, figures },
    places: createPlaces(figures),
    newestVotes: async () => [],
    stepsOf(unitId) {
      const { stepMinutes: minutes, leastVotes } = privacy.widestOf(unitId);
      return { minutes, leastVotes, at: votes.lastStep(minutes) };
    },
  });
  let [moved, live] = [0, 0];
  votes.onMoved(() => {
    moved += 1;
    feed.replaced();
  });
  return {
    privacy,
    votes,
    source: {
      ...{ rows: createScoreRows({ board, tree, figures }), figures, calendar },
      dataRevision: () => `${instance}/steps/${moved}/${live}`,
    },
    feed,
    recounted(vote) {
      if (votes.isStepped(vote.windowKey)) return;
      live += 1;
      feed.recounted(vote);
    },
    async reload() {
      const areOthers = await privacy.reload();
      await votes.settle();
      if (areOthers) feed.replaced();
    },
    jobs: showSteps({
      isDue: votes.isDue,
      step: votes.step,
      follow: hasNeighbours ? votes.follow : null,
      failed: storage.failed,
    }),
  };
}
