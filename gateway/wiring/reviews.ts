/** The wiring of reviews: what detectors look at, and what follows when people have decided. */
import type { Config } from '../config.ts';
import { createCalendar } from '../domain/calendar.ts';
import type { Job } from '../jobs/job.ts';
import { lookForMisuse } from '../jobs/look-for-misuse.ts';
import { createLooker } from '../review/looker.ts';
import { createReviews, type Reviews } from '../review/reviews.ts';
import type { Ground } from './ground.ts';
import type { Terminals } from './terminals.ts';

export type ReviewsDeps = {
  config: Pick<Config, 'timeZone'>;
  ground: Pick<
    Ground,
    'store' | 'registry' | 'now' | 'monotonic' | 'standstill' | 'decisions' | 'storage' | 'log'
  >;
  votes: Pick<Terminals['votes'], 'stored' | 'recount' | 'rules'>;
};

export function wireReviews({ config, ground, votes }: ReviewsDeps): { reviews: Reviews; jobs: Job[] } {
  const { store, registry, now, monotonic, standstill, decisions, storage, log } = ground;
  const calendar = createCalendar(config.timeZone);
  const looker = createLooker({
    ...{ store: store.reviews, tree: registry.tree, calendar, now, monotonic },
    closedAt(windowKey, day) {
      const { openingHours } = votes.rules.rulesOf(windowKey).at(calendar.startOf(day));
      return openingHours?.openSpansOf(day).at(-1)?.to ?? null;
    },
  });
  votes.stored.listen(({ windowKey, at }) => looker.voted(windowKey, at));
  const reviews = createReviews({
    store: store.reviews,
    now,
    exclusively: (act) =>
      standstill.during(() =>
        act(({ corrected, decisions: count }) => {
          decisions.counted(count);
          votes.recount(corrected);
        }),
      ),
  });
  const look = async (lease: Parameters<typeof looker.look>[0]) => {
    const opened = await looker.look(lease);
    if (opened > 0) log.info({ opened }, 'detectors have flagged votes: reviews wait');
  };
  return { reviews, jobs: [lookForMisuse({ isDue: looker.isDue, look, failed: storage.failed })] };
}
