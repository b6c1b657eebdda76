/** A real gateway process on a data folder of its own, with as many terminals as a measurement needs. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPeople, DEFAULT_SESSION_LIMITS } from '../../gateway/people/people.ts';
import type { By } from '../../gateway/store/changes.ts';
import { openPostgresStore } from '../../gateway/store/postgres/postgres-store.ts';
import { createSqliteStore, databaseFile } from '../../gateway/store/sqlite/sqlite-store.ts';
import type { Store } from '../../gateway/store/store.ts';
import { type Child, startNode } from './child.ts';
import { createIssuer } from './identities.ts';
import type { Login } from './sign-in.ts';

export type BenchHome = {
  dataDir: string;
  /** With certificates. */
  terminals: Required<Login>[];
  /** What a wall or a program reads the whole city with. */
  readerHeaders: { authorization: string };
  metricsHeaders: { authorization: string };
  dispose(): void;
};

const WINDOWS_PER_UNIT = 15;

/**
 * A city with as many windows as terminals.
 * @param database its address, where it is not to be in the folder
 */
export async function createHome(terminalCount: number, database?: string): Promise<BenchHome> {
  const dataDir = mkdtempSync(join(tmpdir(), 'manyi-bench-'));
  const issuer = await createIssuer(dataDir);
  const issued: Awaited<ReturnType<typeof issuer.terminal>>[] = [];
  for (let number = 0; number < terminalCount; number++) issued.push(await issuer.terminal(`t${number}`));

  const store: Store =
    database === undefined
      ? createSqliteStore({ file: databaseFile(dataDir) })
      : await openPostgresStore({ address: database, dataDir, migrates: true });
  const by: By = { actor: { kind: 'cli', user: 'bench' }, origin: 'local' };
  // One by one, each would wait for the disk.
  await store.org.change(async (tx) => {
    await tx.addUnit({ id: 'city', parentId: null, name: '基准市' });
    for (let number = 0; number < terminalCount; number++) {
      const unitId = `u${Math.floor(number / WINDOWS_PER_UNIT)}`;
      if (number % WINDOWS_PER_UNIT === 0)
        await tx.addUnit({ id: unitId, parentId: 'city', name: `单位${unitId}` });
      await tx.addWindow({ id: `w${number}`, unitId, name: `${number}号窗口` });
    }
    return tx.audited({ by, action: 'unit.add', target: { kind: 'unit', id: 'city' } }, undefined);
  });
  await store.fleet.change(async (tx) => {
    for (let number = 0; number < terminalCount; number++)
      await tx.addTerminal({ id: `t${number}`, windowId: `w${number}` });
    for (const { login, certificate } of issued)
      await tx.addCertificate({
        serial: certificate.serial,
        terminalKey: (await tx.terminal(login.id))?.key as number,
        publicKey: certificate.publicKey,
        issuedAt: Date.now(),
        expiresAt: certificate.expiresAt,
      });
    return tx.audited({ by, action: 'terminal.add', target: { kind: 'data' } }, undefined);
  });
  const people = await createPeople({
    store: store.people,
    now: Date.now,
    monotonic: () => performance.now(),
    limits: DEFAULT_SESSION_LIMITS,
  });
  const headersOf = async (kind: 'wall' | 'metrics') => {
    const { token } = await people.links.add(by, { kind, name: 'bench', unitId: null });
    return { authorization: `Bearer ${token}` };
  };
  const headers = { readerHeaders: await headersOf('wall'), metricsHeaders: await headersOf('metrics') };
  await store.close();
  return {
    dataDir,
    terminals: issued.map(({ login }) => login),
    ...headers,
    dispose: () => rmSync(dataDir, { recursive: true, force: true }),
  };
}

export type TransportName = 'tls' | 'plain';
export type BenchGateway = { child: Child; httpPort: number; mqttPort: number };
export type GatewayStart = { transport?: TransportName; env?: Record<string, string> };

export async function startGateway(
  dataDir: string,
  { transport = 'tls', env = {} }: GatewayStart = {},
): Promise<BenchGateway> {
  const main = transport === 'tls' ? '../../gateway/run/main.js' : './plain-gateway.js';
  const child = startNode(main, [], {
    MANYI_DATA_DIR: dataDir,
    MANYI_HTTP_PORT: '0',
    MANYI_MQTT_HOST: '127.0.0.1',
    MANYI_MQTT_PORT: '0',
    // The load is the whole city through a few connections: the limit for one terminal is not what is measured.
    MANYI_MESSAGES_PER_S: '1000000',
    MANYI_MESSAGE_BURST: '1000000',
    MANYI_VOTES_PER_MINUTE: '1000000000',
    MANYI_VOTES_PER_HOUR: '1000000000',
    MANYI_VOTES_PER_DAY: '1000000000',
    // Nobody presses like that: by the rules nearly nothing of it would count. `MANYI_FIRST_RULES=default` measures what that costs.
    MANYI_FIRST_RULES: process.env.MANYI_FIRST_RULES ?? 'none',
    MANYI_REQUESTS_PER_S: '1000000',
    MANYI_ADMIN_PASSWORD: randomBytes(12).toString('base64url'),
    ...env,
  });
  const { httpPort, mqttPort } = await child.line(({ msg }) => msg === 'gateway ready');
  return { child, httpPort: Number(httpPort), mqttPort: Number(mqttPort) };
}
