/** Gateways on one database with docs/operations/gateway.env, and the balancer that terminals come through. */
import { cpSync, existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MAIN, startGateway, type TestGateway } from '../gateway.ts';
import { documented, environmentOf } from './documented.ts';

/** Which addresses and ports a gateway has is the machine's business: here they are free ones, of this machine. */
const OF_THE_MACHINE = /^MANYI_(DATABASE|DATA_DIR|HTTP_HOST|HTTP_PORT|MQTT_HOST|MQTT_PORT)$/;

export function gatewaySettings(): Record<string, string> {
  const settings = Object.entries(environmentOf(documented('gateway.env'))).filter(
    ([name]) => !OF_THE_MACHINE.test(name),
  );
  return { ...Object.fromEntries(settings), MANYI_TRUSTED_PROXIES: '127.0.0.1' };
}

/** What gateway.env has for a gateway beside its balancer, which is on another port here. */
export function databaseAddress({ host, port }: { host: string; port: number }): string {
  const { MANYI_DATABASE = '' } = environmentOf(documented('gateway.env'));
  if (!MANYI_DATABASE.includes('@127.0.0.1:5432/'))
    throw new Error('docs/operations/gateway.env names another place for the database');
  return MANYI_DATABASE.replace('@127.0.0.1:5432/', `@${host}:${port}/`);
}

/** What a data folder may hold of the keys that all gateways share. */
const KEYS = ['pki', 'audit.key', 'seal.key'];

/** Beside the first: with its keys, in a folder of its own. */
export function startSecondGateway(
  first: TestGateway,
  database: string,
  env: Record<string, string>,
  main: () => string = () => MAIN,
): Promise<TestGateway> {
  const dataDir = mkdtempSync(join(tmpdir(), 'manyi-test-'));
  for (const kept of KEYS.filter((name) => existsSync(join(first.dataDir, name))))
    cpSync(join(first.dataDir, kept), join(dataDir, kept), { recursive: true });
  return startGateway({ database, dataDir, env, main });
}
