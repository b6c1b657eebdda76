/** The wiring of alerts: what is seen → opened and closed → told. */

import { openAlertBook } from '../alerts/alert-book.ts';
import { type AlertDesk, createAlertDesk } from '../alerts/alert-desk.ts';
import { type AlertRules, createAlertRules } from '../alerts/alert-rules.ts';
import { openAlertWatch } from '../alerts/alert-watch.ts';
import { recentVotesOf } from '../alerts/recent-votes.ts';
import type { Config } from '../config.ts';
import { createCalendar } from '../domain/calendar.ts';
import { combine, standingOf } from '../domain/completeness.ts';
import { DEFAULT_CONFIDENCE } from '../domain/statistics/interval.ts';
import type { Job } from '../jobs/job.ts';
import { watchAlerts } from '../jobs/watch-alerts.ts';
import { newId } from '../people/secrets.ts';
import type { Ground } from './ground.ts';
import type { NeighboursStep } from './neighbours.ts';
import type { Scores } from './scores.ts';
import type { Terminals } from './terminals.ts';

export type AlertsDeps = {
  config: Pick<Config, 'timeZone' | 'targetRate' | 'minimumVotes'>;
  ground: Pick<Ground, 'store' | 'registry' | 'now' | 'monotonic' | 'storage'>;
  neighbours: Pick<NeighboursStep, 'heard'>;
  terminals: Pick<Terminals, 'everywhere' | 'votes'>;
  scores: Pick<Scores, 'book'>;
};

export type Alerts = { desk: AlertDesk; rules: AlertRules; jobs: readonly Job[] };

/** @throws StoreFailure */
export async function openAlerts({
  config,
  ground,
  neighbours,
  terminals,
  scores,
}: AlertsDeps): Promise<Alerts> {
  const { store, registry, now, monotonic, storage } = ground;
  const { everywhere, votes } = terminals;
  const { tree } = registry;
  const calendar = createCalendar(config.timeZone);
  const told = async () => {};
  const book = await openAlertBook({ store: store.alerts, tree, calendar, now });
  const watch = await openAlertWatch({
    ...{ store: store.alerts, book, tree, calendar, now, monotonic, told },
    ...{ isOnline: everywhere.isOnline, lastSeenAt: everywhere.lastSeenAt },
    hoursOf: (windowKey, at) => votes.rules.rulesOf(windowKey).at(at).openingHours,
    countsOf: (windowKey, period, at) => scores.book.counts(windowKey, period, at),
    goal: () => ({
      target: config.targetRate,
      minimum: config.minimumVotes,
      confidence: DEFAULT_CONFIDENCE,
    }),
    completenessOf: (windowId) =>
      combine(
        (tree().terminalsOf.get(windowId) ?? []).map(({ key, id }) =>
          standingOf({
            ...votes.journals.evidenceOf(key),
            online: everywhere.isOnline(id),
            lastSeenAt: everywhere.lastSeenAt(id),
            setAside: 0,
          }),
        ),
      ),
    heldSummary: store.review.heldSummary,
    newId: () => newId('a'),
  });
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
  // People have decided something about votes, or the database was away.
  storage.rereading.listen(async () => watch.doubt());
  return {
    desk: createAlertDesk({ store: store.alerts, now, told }),
    rules: createAlertRules({
      ...{ store: store.alerts, tree, calendar, now },
      recentVotes: recentVotesOf(async () => scores.book, now),
    }),
    jobs: [watchAlerts({ isDue: watch.isDue, act: watch.act, failed: storage.failed })],
  };
}
