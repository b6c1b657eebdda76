/** The HTTP application on real parts, not listening: to look at what it is made of. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { createAlertDesk } from '../../gateway/alerts/alert-desk.ts';
import { createAlertRules } from '../../gateway/alerts/alert-rules.ts';
import { createTargetDesk } from '../../gateway/alerts/delivery/target-desk.ts';
import { recentVotesOf } from '../../gateway/alerts/recent-votes.ts';
import { createServer } from '../../gateway/api/server.ts';
import { createCompressor } from '../../gateway/compress/compressor.ts';
import { createCalendar } from '../../gateway/domain/calendar.ts';
import { combine } from '../../gateway/domain/completeness.ts';
import { NO_MOVES } from '../../gateway/domain/moves.ts';
import { DEFAULT_PRIVACY } from '../../gateway/domain/privacy/settings.ts';
import { ScoreBook } from '../../gateway/domain/score-book.ts';
import { createCommandDesk } from '../../gateway/fleet/command-desk.ts';
import { createPresence } from '../../gateway/fleet/presence.ts';
import { createProvisioning } from '../../gateway/fleet/provisioning.ts';
import { openJournals } from '../../gateway/ingest/journals.ts';
import { type BoardDeps, createBoard } from '../../gateway/live/board.ts';
import { createChannelRows } from '../../gateway/live/channel-rows.ts';
import { openFeed } from '../../gateway/live/feed.ts';
import { createHub } from '../../gateway/live/hub.ts';
import { createPlaces } from '../../gateway/live/places.ts';
import { createScoreRows } from '../../gateway/live/score-rows.ts';
import { createRegistry } from '../../gateway/org/registry.ts';
import { createTreeChanges } from '../../gateway/org/tree-changes.ts';
import { createUnitZoneChanges } from '../../gateway/org/unit-zone-changes.ts';
import { createPeople, DEFAULT_SESSION_LIMITS } from '../../gateway/people/people.ts';
import { newId } from '../../gateway/people/secrets.ts';
import { createPrivacyChanges } from '../../gateway/privacy/privacy-changes.ts';
import { createPublications } from '../../gateway/publications/publications.ts';
import { createReview } from '../../gateway/review/review.ts';
import { createReviews } from '../../gateway/review/reviews.ts';
import { createKeptTreeThen } from '../../gateway/scores/kept-tree-then.ts';
import { createNodeHistory } from '../../gateway/scores/node-history.ts';
import { openSecretSeal } from '../../gateway/store/secret-seal.ts';
import type { SqliteStore } from '../../gateway/store/sqlite/sqlite-store.ts';
import { createRuleChanges } from '../../gateway/verdicts/rule-changes.ts';
import { createRulePreviews } from '../../gateway/verdicts/rule-preview.ts';
import { createVoteExplanations } from '../../gateway/verdicts/vote-explanation.ts';
import { createMetrics } from '../../gateway/watch/metrics.ts';
import { authorityOf } from './certificates.ts';
import { figures } from './figures.ts';

export type TestApp = { app: FastifyInstance; close(): Promise<void> };

export async function createApp(store: SqliteStore): Promise<TestApp> {
  const now = Date.now;
  const { tree } = await createRegistry(store.org);
  const calendar = createCalendar('Asia/Shanghai');
  const book = new ScoreBook(calendar);
  const presence = createPresence([], now, () => {});
  const journals = await openJournals({ store: store.journals, ledger: store.ledger, perDay: 3_000 });
  const boardDeps: BoardDeps = {
    tree,
    book,
    excludedBook: new ScoreBook(calendar),
    discountedBooks: [],
    figures,
    presence,
    isClockApart: () => false,
    completenessOf: ({ key }) => combine(journals.evidenceOf(key).journals),
  };
  const board = createBoard(boardDeps);
  const feed = await openFeed({
    ...{ board, book, calendar, tree, now, instance: 'test', figures, places: createPlaces(figures) },
    newestVotes: store.votes.newestVotes,
  });
  const zonesOf = () => [{ from: 0, timeZone: calendar.timeZone }];
  const compressor = createCompressor();
  const hub = createHub(feed, { now, monotonic: now, maxClients: 10, compressor });
  const people = await createPeople({
    ...{ store: store.people, now, monotonic: now },
    limits: DEFAULT_SESSION_LIMITS,
  });
  const folder = mkdtempSync(join(tmpdir(), 'manyi-app-'));
  const authority = await authorityOf(folder);
  const app = await createServer({
    logger: pino({ level: 'silent' }),
    tree,
    isOnline: presence.isOnline,
    lastSeenAt: presence.lastSeenAt,
    provisioning: createProvisioning({ store: store.fleet, authority, now }),
    commandDesk: createCommandDesk({ store: store.commands, now }),
    review: createReview({ store: store.review, now }),
    treeChanges: createTreeChanges({ store: store.org, now }),
    reviews: createReviews({ store: store.reviews, now }),
    rules: createRuleChanges({
      ...{ publications: store.publications, store: store.rules, tree, now },
      timeZone: calendar.timeZone,
    }),
    unitZones: createUnitZoneChanges({
      ...{ store: store.org, publications: store.publications, timeZone: calendar.timeZone, now },
    }),
    zonesOf,
    scores: {
      rows: createScoreRows({ board, tree, figures }),
      ...{ figures, dataRevision: feed.dataRevision, calendar },
    },
    channelRows: createChannelRows({
      ...{ ...boardDeps, store: store.history, calendar, moves: () => NO_MOVES },
    }),
    takeVotes: async (_origin, votes) => votes.map(() => 'stored'),
    history: createNodeHistory({
      ...{ store: store.history, figures, dataRevision: feed.dataRevision, now },
      ...{ zonesOf, treeThen: createKeptTreeThen(tree, store.org) },
    }),
    alerts: createAlertDesk({ store: store.alerts, now, told: async () => {} }),
    alertRules: createAlertRules({
      ...{ store: store.alerts, tree, calendar, now },
      recentVotes: recentVotesOf(async () => book, now),
    }),
    privacy: { holdsBack: () => false, settingsOf: () => ({ ...DEFAULT_PRIVACY, isOn: false }) },
    privacyChanges: createPrivacyChanges({ store: store.privacy, tree, now }),
    shownScores: {
      rows: createScoreRows({ board, tree, figures }),
      ...{ figures, dataRevision: feed.dataRevision, calendar },
    },
    previews: createRulePreviews({
      publications: store.publications,
      ...{ rules: store.rules, verdicts: store.verdicts, exclusions: store.review.exclusions },
      ...{ tree, timeZone: 'Asia/Shanghai' },
    }),
    publications: createPublications({
      ...{ store: store.publications, history: store.history, rules: store.rules, now },
      ...{ figures, privacy: store.privacy, timeZone: calendar.timeZone, tree, zonesOf },
      treeThen: createKeptTreeThen(tree, store.org),
    }),
    explanations: createVoteExplanations({
      ...{ rules: store.rules, verdicts: store.verdicts, exclusions: store.review.exclusions },
      ...{ tree, timeZone: calendar.timeZone },
    }),
    alertTargets: createTargetDesk({
      ...{ store: store.alertTargets, holdsBack: () => false, now, newId },
      ...{ seal: openSecretSeal(store.keys), canMail: true },
    }),
    votes: store.votes,
    people,
    audit: store.audit,
    hub,
    compressor,
    metrics: createMetrics(() => 0).registry,
    troubles: () => [],
    warnings: () => [],
    refused: () => {},
    now,
    monotonic: now,
    allowedOrigins: [],
    isTrusted: () => false,
    basePath: '',
    requestsPerS: 100,
    tls: null,
    pagesRoot: join(import.meta.dirname, '../../dist/pages'),
    timeZone: 'Asia/Shanghai',
    version: 'test',
  });
  return {
    app,
    async close() {
      hub.close();
      feed.stop();
      await app.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
