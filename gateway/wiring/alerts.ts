/** The wiring of alerts: what is seen → opened and closed → told. */

import { openAlertBook } from '../alerts/alert-book.ts';
import { type AlertDesk, createAlertDesk } from '../alerts/alert-desk.ts';
import { type AlertRules, createAlertRules } from '../alerts/alert-rules.ts';
import { openAlertWatch } from '../alerts/alert-watch.ts';
import { followDecidedWindows } from '../alerts/decided-windows.ts';
import type { TargetDesk } from '../alerts/delivery/target-desk.ts';
import { createLiveAlerts, type LiveAlertsSource } from '../alerts/live-alerts.ts';
import { recentVotesOf } from '../alerts/recent-votes.ts';
import type { Config } from '../config.ts';
import { createCalendar } from '../domain/calendar.ts';
import { DEFAULT_CONFIDENCE } from '../domain/statistics/interval.ts';
import type { Job } from '../jobs/job.ts';
import { watchAlerts } from '../jobs/watch-alerts.ts';
import { newId } from '../people/secrets.ts';
import { type AlertDeliveryDeps, openAlertDelivery } from './alert-delivery.ts';
import type { Closable } from './closing.ts';
import type { Ground } from './ground.ts';
import type { NeighboursStep } from './neighbours.ts';
import type { Scores } from './scores.ts';
import type { Terminals } from './terminals.ts';

export type AlertsDeps = {
  config: Pick<Config, 'timeZone' | 'targetRate' | 'minimumVotes'> & AlertDeliveryDeps['config'];
  ground: Pick<Ground, 'store' | 'registry' | 'now' | 'monotonic' | 'storage' | 'log'>;
  neighbours: Pick<NeighboursStep, 'heard'>;
  terminals: Pick<Terminals, 'everywhere' | 'votes'>;
  scores: Pick<Scores, 'book' | 'shown' | 'completenessOf'>;
};

export type Alerts = {
  live: LiveAlertsSource;
  desk: AlertDesk;
  rules: AlertRules;
  targets: TargetDesk;
  jobs: readonly Job[];
};

/** @throws StoreFailure */
export async function openAlerts({
  config,
  ground,
  neighbours,
  terminals,
  scores,
}: AlertsDeps): Promise<Alerts & Closable> {
  const { store, registry, now, monotonic, storage } = ground;
  const { everywhere, votes } = terminals;
  const { tree } = registry;
  const calendar = createCalendar(config.timeZone);
  const book = await openAlertBook({ store: store.alerts, tree, calendar, now });
  const delivery = openAlertDelivery({
    ...{ config, ground, book, holdsBack: scores.shown.privacy.holdsBack },
    zonesOf: votes.rules.zonesOf,
  });
  const { told } = delivery;
  const watch = await openAlertWatch({
    ...{ store: store.alerts, book, tree, calendar, now, monotonic, told },
    ...{ isOnline: everywhere.isOnline, lastSeenAt: everywhere.lastSeenAt },
    hoursOf: (windowKey, at) => votes.rules.rulesOf(windowKey).at(at).openingHours,
    votes: scores.book,
    goal: () => ({
      target: config.targetRate,
      minimum: config.minimumVotes,
      confidence: DEFAULT_CONFIDENCE,
    }),
    completenessOf: scores.completenessOf,
    heldSummary: store.review.heldSummary,
    waitingReviews: store.reviews.waitingByWindow,
    decided: await followDecidedWindows(store),
    newId: () => newId('a'),
  });
  const live = createLiveAlerts({ open: watch.open, tree, holdsBack: scores.shown.privacy.holdsBack });
  votes.stored.listen((vote) => watch.stored(vote, !vote.excluded && (vote.verdict ?? 0) === 0));
  votes.storedElsewhere.listen((_commit, stored) => {
    for (const vote of stored) watch.stored(vote, !vote.excluded);
  });
  votes.corrected.listen((corrected) => {
    for (const { windowKey } of corrected) watch.doubt(windowKey);
  });
  neighbours.heard.corrected.listen((_commit, corrected) => {
    for (const { windowKey } of corrected) watch.doubt(windowKey);
  });
  // What people decide says which windows it is about.
  storage.rereading.listen((why) => {
    if (why === 'missed') watch.doubt();
  });
  return {
    desk: createAlertDesk({ store: store.alerts, now, told }),
    rules: createAlertRules({
      ...{ store: store.alerts, tree, calendar, now },
      recentVotes: recentVotesOf(async () => scores.book, now),
    }),
    targets: delivery.targets,
    live,
    jobs: [
      watchAlerts({
        async isDue() {
          const isDue = await watch.isDue();
          live.look();
          return isDue;
        },
        async act(lease) {
          await watch.act(lease);
          live.look();
        },
        failed: storage.failed,
      }),
      ...delivery.jobs,
    ],
    // What is being told may take its time; what waits is on the disk.
    close: delivery.settled,
  };
}
