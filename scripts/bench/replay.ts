/** Rules are set for weeks that have passed, and millions of stored votes are judged again, while votes go on coming and somebody looks at a wall. */
import { setTimeout as sleep } from 'node:timers/promises';
import { buildTree } from '../../gateway/domain/org.ts';
import { DEFAULT_RULES, RULES_OFF } from '../../gateway/domain/verdicts/rule-settings.ts';
import { openPostgresStore } from '../../gateway/store/postgres/postgres-store.ts';
import { createSqliteStore, databaseFile } from '../../gateway/store/sqlite/sqlite-store.ts';
import type { Store } from '../../gateway/store/store.ts';
import { createRuleChanges } from '../../gateway/verdicts/rule-changes.ts';
import { startCluster } from '../postgres/cluster.ts';
import { fillCity } from './city-votes.ts';
import { createHome, startGateway } from './gateway.ts';
import { type PressFigures, pressFigures } from './press-to-wall.ts';
import { openPresser } from './presser.ts';

export type ReplayFigures = {
  votes: number;
  windows: number;
  /** Of these, whose verdict is another one afterwards. */
  changed: number;
  elapsedS: number;
  votesPerS: number;
  pressToWall: PressFigures;
};

export type ReplayPlan = { votes: number; say(text: string): void };

const WINDOWS = 600;
const DAYS = 60;
const OFFERED_PER_S = 1_000;
const BY = { actor: { kind: 'cli', user: 'bench' } as const, origin: 'local' as const };
const EVER = '2000-01-01';
/** What whoever runs it sets, of a server with a few gigabytes. */
const SETTINGS = { shared_buffers: '512MB', max_wal_size: '4GB', checkpoint_timeout: '15min' };

export async function measureReplay(
  plan: ReplayPlan,
): Promise<{ sqlite: ReplayFigures; postgres: ReplayFigures }> {
  plan.say('  on SQLite:');
  const sqlite = await measureOn(null, plan);
  plan.say('  on PostgreSQL:');
  const cluster = await startCluster({ settings: SETTINGS });
  try {
    const database = cluster.primary.address(await cluster.createDatabase());
    return { sqlite, postgres: await measureOn(database, plan) };
  } finally {
    await cluster.dispose();
  }
}

async function measureOn(database: string | null, { votes, say }: ReplayPlan): Promise<ReplayFigures> {
  const home = await createHome(WINDOWS, database ?? undefined);
  const store: Store =
    database === null
      ? createSqliteStore({ file: databaseFile(home.dataDir) })
      : await openPostgresStore({ address: database, dataDir: home.dataDir, migrates: true });
  const rules = createRuleChanges({
    ...{ store: store.rules, publications: store.publications },
    tree: async () =>
      buildTree(await store.org.units(), await store.org.windows(), await store.org.terminals()),
    timeZone: 'Asia/Shanghai',
    now: Date.now,
  });
  const set = (place: { window?: string }, settings: object) =>
    rules.add(BY, { ...place, validFrom: EVER, validTo: null, settings, replays: true, reason: 'bench' });
  const stored = await fillCity(store, { votes, days: DAYS, say });
  const env: Record<string, string> = database === null ? {} : { MANYI_DATABASE: database };
  const { child, mqttPort, httpPort } = await startGateway(home.dataDir, { env });
  // Where somebody presses several times a second, each press is to be seen.
  await set({ window: 'w0' }, RULES_OFF);
  const presser = await openPresser({ home, mqttPort, httpPort }, OFFERED_PER_S);
  for (let press = 0; press < 20; press++) await presser.press();

  const begun = performance.now();
  await set({}, DEFAULT_RULES);
  let elapsedMs = 0;
  const ended = (async () => {
    while (await store.verdicts.isWaiting()) await sleep(100);
    elapsedMs = performance.now() - begun;
  })();
  const latencies: number[] = [];
  while (elapsedMs === 0) latencies.push(await presser.press());
  await ended;
  await presser.close();
  await child.end();
  const changed = await discountedVotes(store);
  await store.close();
  home.dispose();
  const figures = {
    ...{ votes: stored, windows: WINDOWS, changed, elapsedS: elapsedMs / 1_000 },
    votesPerS: Math.round(stored / (elapsedMs / 1_000)),
    pressToWall: pressFigures(latencies, OFFERED_PER_S),
  };
  const { p50Ms, p99Ms, presses } = figures.pressToWall;
  say(
    `  ${stored} votes judged again in ${figures.elapsedS.toFixed(1)} s, ${figures.votesPerS} votes/s, ${changed} of them others; ` +
      `press to wall meanwhile p50 ${p50Ms.toFixed(0)}, p99 ${p99Ms.toFixed(0)} ms (${presses} presses)`,
  );
  return figures;
}

/** Of the days before yesterday: those that came meanwhile are not among them. */
async function discountedVotes({ votes }: Store): Promise<number> {
  let changed = 0;
  const from = Date.now() - (DAYS + 3) * 24 * 3_600_000;
  const until = Date.now() - 12 * 3_600_000;
  for await (const { quarterStart, counts } of votes.discounted(from))
    if (quarterStart < until) changed += counts.reduce((sum, one) => sum + one, 0);
  return changed;
}
