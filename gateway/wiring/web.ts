/** The fourth step: HTTP, and the sockets of walls. It listens when it is told to. */
import type { Server as HttpsServer } from 'node:https';
import { fileURLToPath } from 'node:url';
import { listenAt } from '../../protocol/process/listening.ts';
import { TLS_RULES } from '../../protocol/tls.ts';
import { createTrust } from '../api/border/addresses.ts';
import { createServer } from '../api/server.ts';
import { createCompressor } from '../compress/compressor.ts';
import type { Config } from '../config.ts';
import { createCalendar } from '../domain/calendar.ts';
import type { Job } from '../jobs/job.ts';
import { lookAtDescriptors } from '../jobs/look-at-descriptors.ts';
import { lookAtHolidays } from '../jobs/look-at-holidays.ts';
import { lookAtHttps } from '../jobs/look-at-https.ts';
import { sweepWalls } from '../jobs/sweep-walls.ts';
import { createHub } from '../live/hub.ts';
import { createTreeChanges } from '../org/tree-changes.ts';
import { createUnitZoneChanges } from '../org/unit-zone-changes.ts';
import { type HttpsCertificate, openHttpsCertificate } from '../pki/https-certificate.ts';
import { createPrivacyChanges } from '../privacy/privacy-changes.ts';
import { createPublications } from '../publications/publications.ts';
import { createReview } from '../review/review.ts';
import { createKeptTreeThen } from '../scores/kept-tree-then.ts';
import { createNodeHistory } from '../scores/node-history.ts';
import { createRuleChanges } from '../verdicts/rule-changes.ts';
import { createRulePreviews } from '../verdicts/rule-preview.ts';
import { createVoteExplanations } from '../verdicts/vote-explanation.ts';
import { watchDescriptors } from '../watch/descriptor-watch.ts';
import { createHolidayWatch } from '../watch/holiday-watch.ts';
import type { Alerts } from './alerts.ts';
import { type Closable, openInOrder } from './closing.ts';
import type { Ground } from './ground.ts';
import type { NeighboursStep } from './neighbours.ts';
import { type Places, placesOf } from './places.ts';
import { wireReviews } from './reviews.ts';
import type { Scores } from './scores.ts';
import type { Terminals } from './terminals.ts';

const FIRST_ADMINISTRATOR = 'admin';
const MAX_WALLS = 500;
// Seen from the built gateway.
const PAGES = fileURLToPath(new URL('../../../dist/pages', import.meta.url));

export type WebDeps = {
  config: Places &
    Pick<
      Config,
      | 'adminPassword'
      | 'allowedOrigins'
      | 'basePath'
      | 'https'
      | 'requestsPerS'
      | 'timeZone'
      | 'trustedProxies'
    >;
  version: string;
  ground: Ground;
  neighbours: Pick<NeighboursStep, 'warnings'>;
  terminals: Terminals;
  scores: Scores;
  alerts: Pick<Alerts, 'desk' | 'rules' | 'targets' | 'live'>;
  /** Of the settings; null where there is none. */
  ownCertificate: HttpsCertificate | null;
};

export type Web = {
  /** @returns the port. @throws HostFault when it cannot be had. */
  listen(): Promise<number>;
  /** Of the first administrator, when it has just been made without a password of its own: to be told once, to a person. */
  firstPassword: { name: string; oneTimePassword: string } | null;
  /** Takes up another certificate now, because somebody has asked for it. */
  reload(): Promise<void>;
  jobs: readonly Job[];
};

/** @throws PeopleRefusal for a first password that is none. */
export function openWeb(deps: WebDeps): Promise<Web & Closable> {
  const { config, ground, neighbours, terminals, scores, alerts, ownCertificate } = deps;
  const { log, now, monotonic, store, registry, people, metrics, storage, standstill, decisions, changes } =
    ground;
  const { access, everywhere, putAway, votes } = terminals;
  return openInOrder(log, async (onClose) => {
    const oneTimePassword = await people.accounts.ensureFirst(FIRST_ADMINISTRATOR, config.adminPassword);
    const isSelfSigned = config.https === 'self-signed' && ownCertificate === null;
    const https = isSelfSigned
      ? await openHttpsCertificate({ log, now, read: access.httpsCredentials })
      : ownCertificate;
    if (https) metrics.watchHttps(https.endsAt);

    const holidays = createHolidayWatch({
      ...{ log, now, calendar: createCalendar(config.timeZone) },
      versions: votes.rules.versions,
    });

    const rules = createRuleChanges({
      ...{ store: store.rules, publications: store.publications, tree: registry.tree, now },
      timeZone: config.timeZone,
    });
    const privacyChanges = createPrivacyChanges({ store: store.privacy, tree: registry.tree, now });
    const compressor = createCompressor();
    const hub = createHub(scores.feed, {
      now,
      monotonic,
      maxClients: MAX_WALLS,
      compressor,
      stepsFeed: scores.shown.feed,
      alerts: alerts.live,
    });
    metrics.watchWalls(hub.metrics);
    const { reviews, jobs: looking } = wireReviews({ config, ground, votes });
    onClose('the walls', hub.close);
    const treeThen = createKeptTreeThen(registry.tree, store.org);
    const app = await createServer({
      logger: log,
      tree: registry.tree,
      isOnline: everywhere.isOnline,
      lastSeenAt: everywhere.lastSeenAt,
      provisioning: access.provisioning,
      commandDesk: putAway.desk,
      review: createReview({
        store: store.review,
        now,
        exclusively: (act) =>
          standstill.during(async () => {
            // What terminals have said is decided about, too.
            await votes.journals.save();
            const done = await act();
            await decisions.takeUp();
            return done;
          }),
      }),
      reviews,
      rules: { ...rules, add: atOnce(rules.add, changes.tell) },
      alerts: alerts.desk,
      alertRules: alerts.rules,
      unitZones: createUnitZoneChanges({
        ...{ store: store.org, publications: store.publications, changed: changes.tell },
        ...{ timeZone: config.timeZone, now },
      }),
      zonesOf: votes.rules.zonesOf,
      treeChanges: createTreeChanges({ store: store.org, now, changed: changes.tell }),
      previews: createRulePreviews({
        publications: store.publications,
        ...{ rules: store.rules, verdicts: store.verdicts, exclusions: store.review.exclusions },
        ...{ tree: registry.tree, timeZone: config.timeZone },
      }),
      publications: createPublications({
        ...{ store: store.publications, history: store.history, rules: store.rules, now },
        ...{ figures: scores.source.figures, privacy: store.privacy, timeZone: config.timeZone },
        ...{ tree: registry.tree, treeThen, zonesOf: votes.rules.zonesOf },
      }),
      explanations: createVoteExplanations({
        ...{ rules: store.rules, verdicts: store.verdicts, exclusions: store.review.exclusions },
        ...{ tree: registry.tree, timeZone: config.timeZone },
      }),
      alertTargets: alerts.targets,
      scores: scores.source,
      channelRows: scores.channelRows,
      history: createNodeHistory({
        ...{ store: store.history, zonesOf: votes.rules.zonesOf, now },
        ...{ figures: scores.source.figures, dataRevision: scores.source.dataRevision },
        treeThen,
      }),
      shownScores: scores.shown.source,
      privacy: scores.shown.privacy,
      privacyChanges: { ...privacyChanges, set: atOnce(privacyChanges.set, changes.tell) },
      audit: store.audit,
      votes: store.votes,
      takeVotes: votes.takeVotes,
      ...{ people, hub, compressor, now, monotonic },
      metrics: metrics.registry,
      troubles: () => [storage.trouble() ?? []].flat(),
      warnings: () => [
        ...(https?.warnings() ?? []),
        ...votes.clocks.warnings(),
        ...neighbours.warnings(),
        ...holidays.warnings(),
      ],
      refused: (code) => metrics.tallied.httpRefused.add(code),
      allowedOrigins: config.allowedOrigins,
      isTrusted: createTrust(config.trustedProxies),
      basePath: config.basePath,
      requestsPerS: config.requestsPerS,
      timeZone: config.timeZone,
      tls: https?.tls() ?? null,
      pagesRoot: PAGES,
      version: deps.version,
    });
    onClose('HTTP', async () => {
      scores.feed.announce();
      scores.shown.feed.announce();
      // It waits for every socket, and those of walls would stay.
      hub.close();
      await app.close();
    });
    // What is not said again, the context forgets.
    https?.onRenewed((tls) => (app.server as HttpsServer).setSecureContext({ ...TLS_RULES, ...tls }));

    return {
      firstPassword: oneTimePassword === null ? null : { name: FIRST_ADMINISTRATOR, oneTimePassword },
      async listen() {
        const { http } = placesOf(config);
        await listenAt(http, app.listen({ host: http.host, port: http.port }));
        const address = app.server.address();
        return typeof address === 'object' && address ? address.port : http.port;
      },
      reload: async () => https?.look(true),
      jobs: [
        ...looking,
        sweepWalls(hub),
        lookAtHolidays(holidays),
        lookAtDescriptors({
          look: watchDescriptors({
            log,
            terminals: () => [...registry.terminals()].length,
            maxWalls: MAX_WALLS,
            monoMs: monotonic,
          }),
        }),
        ...(https ? [lookAtHttps(https)] : []),
      ],
    };
  });
}

/** What is set here is taken up here at once. */
const atOnce =
  <Asked extends unknown[], Done>(set: (...asked: Asked) => Promise<Done>, tell: () => Promise<void>) =>
  async (...asked: Asked): Promise<Done> => {
    const done = await set(...asked);
    await tell();
    return done;
  };
