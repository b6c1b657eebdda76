import type { Server } from 'node:http';
import fastifySwagger from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import type { Registry as MetricsRegistry } from 'prom-client';
import { TLS_RULES } from '../../protocol/tls.ts';
import type { AlertDesk } from '../alerts/alert-desk.ts';
import type { AlertRules } from '../alerts/alert-rules.ts';
import type { TargetDesk } from '../alerts/delivery/target-desk.ts';
import { createAudit } from '../audit/audit.ts';
import type { Compressor } from '../compress/compressor.ts';
import { createCalendar } from '../domain/calendar.ts';
import type { OrgTree } from '../domain/org.ts';
import type { CommandDesk } from '../fleet/command-desk.ts';
import type { Provisioning } from '../fleet/provisioning.ts';
import type { ChannelRows } from '../live/channel-rows.ts';
import type { Hub } from '../live/hub.ts';
import type { TreeChanges } from '../org/tree-changes.ts';
import type { UnitZoneChanges } from '../org/unit-zone-changes.ts';
import type { People } from '../people/people.ts';
import type { PrivacyBook } from '../privacy/privacy-book.ts';
import type { PrivacyChanges } from '../privacy/privacy-changes.ts';
import type { Publications } from '../publications/publications.ts';
import type { Review } from '../review/review.ts';
import type { Reviews } from '../review/reviews.ts';
import type { NodeHistory } from '../scores/node-history.ts';
import type { AuditStore } from '../store/audit.ts';
import type { TakeOriginVotes } from '../store/origins.ts';
import type { VoteReads } from '../store/votes.ts';
import type { RuleChanges } from '../verdicts/rule-changes.ts';
import type { RulePreviews } from '../verdicts/rule-preview.ts';
import type { VoteExplanations } from '../verdicts/vote-explanation.ts';
import { accountRoutes } from './accounts/account-routes.ts';
import { alertRoutes } from './alerts/alert-routes.ts';
import { alertRuleRoutes } from './alerts/alert-rule-routes.ts';
import { targetRoutes } from './alerts/target-routes.ts';
import { auditRoutes } from './audit/audit-routes.ts';
import { createBasePath, registerBasePath } from './border/base-path.ts';
import { createCallerOf } from './border/caller.ts';
import { registerCompression } from './border/compression.ts';
import { watchConnections } from './border/connections.ts';
import { createCookies } from './border/cookies.ts';
import { MAX_BODY_BYTES, refuseAddress, refuseClient, registerErrors } from './border/errors.ts';
import { registerGuard } from './border/guard.ts';
import { registerJsonBodies } from './border/json-bodies.ts';
import { requirePolicy } from './border/policy.ts';
import { faultOf } from './border/schema-faults.ts';
import { PAGE_POLICY, registerSecurityHeaders } from './border/security-headers.ts';
import { describeApi } from './description/openapi.ts';
import { healthRoutes } from './health/health-routes.ts';
import { historyRoutes } from './history/history-routes.ts';
import { createReadingSlots } from './history/reading-slots.ts';
import { linkRoutes } from './links/link-routes.ts';
import { liveRoute } from './live/live-route.ts';
import { takeUpgrades } from './live/upgrade.ts';
import { type OrgDeps, orgRoutes } from './org/org-routes.ts';
import { unitZoneRoutes } from './org/unit-zone-routes.ts';
import { createVisibleTree } from './org/visible-tree.ts';
import { registerPages } from './pages.ts';
import { privacyRoutes } from './privacy/privacy-routes.ts';
import { publicationRoutes } from './publications/publication-routes.ts';
import { reviewRoutes } from './review/review-routes.ts';
import { reviewsRoutes } from './reviews/reviews-routes.ts';
import { ruleRoutes } from './rules/rule-routes.ts';
import { type ScoreSource, scoreRoutes } from './scores/score-routes.ts';
import { sessionRoutes } from './sessions/session-routes.ts';
import { commandRoutes } from './terminals/command-routes.ts';
import { terminalRoutes } from './terminals/terminal-routes.ts';
import { explanationRoutes } from './votes/explanation-routes.ts';
import { sourceRoutes } from './votes/source-routes.ts';
import { voteRoutes } from './votes/vote-routes.ts';

/** The three ratings, as everywhere: circle, diamond, triangle. */
const LOGO = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 220 40"><circle cx="20" cy="20" r="10" fill="#2fbf98"/><path d="M50 8 62 20 50 32 38 20Z" fill="#ffd76a"/><path d="M70 11h24L82 32Z" fill="#f0503c"/><text x="104" y="29" font-family="sans-serif" font-size="26" font-weight="700" fill="#fff">满意 API</text></svg>',
);

export type ServerDeps = {
  logger: FastifyBaseLogger;
  tree: () => OrgTree;
  isOnline: (terminalId: string) => boolean;
  scores: ScoreSource;
  channelRows: ChannelRows;
  history: NodeHistory;
  votes: VoteReads;
  /** Of systems that are no terminals. */
  takeVotes: TakeOriginVotes;
  lastSeenAt: (terminalId: string) => number | null;
  provisioning: Provisioning;
  commandDesk: CommandDesk;
  review: Review;
  reviews: Reviews;
  rules: RuleChanges;
  alerts: AlertDesk;
  alertRules: AlertRules;
  treeChanges: TreeChanges;
  unitZones: UnitZoneChanges;
  /** In which time zone a unit or window lies, through time. */
  zonesOf: OrgDeps['zonesOf'];
  privacy: Pick<PrivacyBook, 'holdsBack' | 'settingsOf'>;
  privacyChanges: PrivacyChanges;
  /** … as they are shown to whoever is bound to a unit. */
  shownScores: ScoreSource;
  previews: RulePreviews;
  explanations: VoteExplanations;
  publications: Publications;
  alertTargets: TargetDesk;
  people: People;
  audit: AuditStore;
  hub: Hub;
  compressor: Compressor;
  metrics: MetricsRegistry;
  troubles: () => string[];
  warnings: () => string[];
  /** Counts requests that are refused, by code. */
  refused: (code: string) => void;
  now: () => number;
  monotonic: () => number;
  allowedOrigins: readonly string[];
  /** Is the peer of this address a proxy whose word about the caller is taken? */
  isTrusted: (address: string) => boolean;
  /** `` or `/manyi`. */
  basePath: string;
  /** Of the times in an export for spreadsheets. */
  timeZone: string;
  /** Requests a second that one session, link or address may make. */
  requestsPerS: number;
  /** PEM; null for HTTP without TLS. */
  tls: { key: string; cert: string } | null;
  /** Folder of the built pages. */
  pagesRoot: string;
  version: string;
};

/** Walls, and requests beside them: beyond these, the sockets of terminals could be what runs out. */
const MAX_CONNECTIONS = 2_000;
/** Of them, those of nobody in particular: the rest are for people and walls. */
const MAX_IDLE_CONNECTIONS = 1_000;
/** A peer that neither sends nor takes anything for so long is cut: what waits for it fills memory. Not a wall, which is pinged. */
const SILENT_MS = 60_000;
const HANDSHAKE_MS = 10_000;

export async function createServer(deps: ServerDeps): Promise<FastifyInstance> {
  const { tree, isOnline, scores, votes, people, hub, metrics, troubles, now, monotonic, allowedOrigins } =
    deps;
  const base = createBasePath(deps.basePath);
  let toldOfProxy = false;
  const callerOf = createCallerOf({
    isTrusted: deps.isTrusted,
    tls: deps.tls !== null,
    untrusted(peer) {
      // Once: whoever likes can send such a header.
      if (!toldOfProxy)
        deps.logger.warn(
          { code: 'proxy-untrusted', peer },
          'somebody speaks for others, and is no trusted proxy: set MANYI_TRUSTED_PROXIES',
        );
      toldOfProxy = true;
    },
  });
  const cookies = createCookies(callerOf, base.path, now);
  const visibleTree = createVisibleTree(tree);
  const app = Fastify({
    https: deps.tls && { ...deps.tls, ...TLS_RULES, handshakeTimeout: HANDSHAKE_MS },
    loggerInstance: deps.logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: 30_000,
    connectionTimeout: SILENT_MS,
    rewriteUrl: base.rewrite,
    routerOptions: { maxParamLength: 100 },
    forceCloseConnections: true,
    // An unknown parameter is a mistake to be told, not to be dropped. And 1e400 is Infinity, which Ajv takes for an integer but,
    // with strict numbers, holds against no maximum.
    ajv: { customOptions: { removeAdditional: false, strictNumbers: false } },
    schemaErrorFormatter: (faults, part) => new Error(faultOf(faults, part)),
    clientErrorHandler: refuseClient,
    frameworkErrors: refuseAddress,
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.server.maxConnections = MAX_CONNECTIONS;
  const connections = watchConnections(app.server, MAX_IDLE_CONNECTIONS);
  const plain = app as unknown as FastifyInstance;
  registerErrors(plain, deps.refused);
  registerJsonBodies(plain);
  registerSecurityHeaders(plain, callerOf);
  registerBasePath(plain, base);
  registerCompression(plain, deps.compressor);
  requirePolicy(plain);
  const { requestsPerS } = deps;
  await registerGuard(plain, {
    people,
    allowedOrigins,
    requestsPerS,
    callerOf,
    cookies,
    connections,
    monotonic,
  });

  await app.register(fastifySwagger, describeApi(deps.version, base.path));
  await app.register(fastifySwaggerUi, {
    routePrefix: '/api/docs',
    theme: { title: '满意 Manyi API' },
    logo: { type: 'image/svg+xml', content: LOGO, href: `${base.path}/` },
    staticCSP: PAGE_POLICY,
  });
  await app.register(healthRoutes, { metrics, troubles, warnings: deps.warnings });
  const prefix = '/api/v1';
  await app.register(sessionRoutes, { prefix, people, cookies, callerOf });
  await app.register(accountRoutes, { prefix, people });
  await app.register(linkRoutes, { prefix, people, visibleTree });
  await app.register(auditRoutes, { prefix, votes, audit: deps.audit });
  await app.register(orgRoutes, {
    prefix,
    visibleTree,
    isOnline,
    treeChanges: deps.treeChanges,
    zonesOf: deps.zonesOf,
    now: deps.now,
  });
  await app.register(unitZoneRoutes, { prefix, visibleTree, unitZones: deps.unitZones });
  const { lastSeenAt, provisioning, commandDesk } = deps;
  await app.register(terminalRoutes, { prefix, visibleTree, isOnline, lastSeenAt, provisioning });
  await app.register(commandRoutes, { prefix, visibleTree, commandDesk });
  await app.register(reviewRoutes, { prefix, visibleTree, review: deps.review });
  const calendar = createCalendar(deps.timeZone);
  await app.register(reviewsRoutes, {
    prefix,
    visibleTree,
    reviews: deps.reviews,
    privacy: deps.privacy,
    calendar,
  });
  await app.register(alertRoutes, {
    ...{ prefix, visibleTree, tree },
    ...{ alerts: deps.alerts, privacy: deps.privacy },
  });
  await app.register(alertRuleRoutes, { prefix, rules: deps.alertRules });
  const { history, privacy, shownScores, channelRows } = deps;
  const reading = { prefix, visibleTree, readingSlots: createReadingSlots() };
  await app.register(historyRoutes, { ...reading, history });
  await app.register(scoreRoutes, { ...reading, scores, shownScores, channelRows, privacy, now });
  await app.register(privacyRoutes, { prefix, privacy: deps.privacyChanges });
  await app.register(ruleRoutes, { prefix, rules: deps.rules, previews: deps.previews });
  await app.register(targetRoutes, { prefix, targets: deps.alertTargets });
  await app.register(voteRoutes, {
    prefix,
    visibleTree,
    privacy,
    votes,
    audit: createAudit(deps.audit),
    timeZone: deps.timeZone,
  });
  await app.register(sourceRoutes, { prefix, visibleTree, takeVotes: deps.takeVotes, now, monotonic });
  await app.register(publicationRoutes, { prefix, privacy, publications: deps.publications });
  await app.register(explanationRoutes, {
    ...{ prefix, visibleTree, explanations: deps.explanations, audit: createAudit(deps.audit) },
  });
  await app.register(liveRoute, { hub, allowedOrigins });
  await registerPages(plain, deps.pagesRoot);
  const { signIn, used } = people;
  const { refused } = deps;
  takeUpgrades(app.server as Server, {
    ...{ hub, signIn, used, refused, allowedOrigins, callerOf, cookies, base, connections },
    holdsBack: privacy.holdsBack,
  });
  return plain;
}
