/** A client that is made from the gateway's own description: it compiles, strictly, and runs against a real gateway. */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addLink } from '../../support/client.ts';
import { ADMIN_PASSWORD, startGateway, type TerminalLogin, type TestGateway } from '../../support/gateway.ts';
import { vote, votesMessage } from '../../support/messages.ts';
import { publish } from '../../support/mosquitto.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../../..');
const PLACE = join(ROOT, 'tests/api-client');
const GENERATE = join(PLACE, 'node_modules/openapi-typescript/bin/cli.js');
const COMPILE = join(ROOT, 'node_modules/typescript/bin/tsc');
/** As an integrator's own project would have it. */
const SETTINGS = {
  compilerOptions: {
    ...{
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
    },
    ...{ target: 'es2022', module: 'nodenext', rewriteRelativeImportExtensions: true },
    ...{ types: ['node'], lib: ['es2023', 'dom', 'dom.iterable'], outDir: 'out' },
  },
  files: ['client.ts'],
};

let gateway: TestGateway;
let folder: string;
beforeAll(async () => {
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  folder = mkdtempSync(join(ROOT, 'dist/api-client-'));
  gateway = await startGateway();
  let login: TerminalLogin | undefined;
  await gateway.add((org) => {
    org.unit('hall', '大厅');
    org.window('w', 'hall', '窗口');
    login = org.terminal('t-one', 'w');
  });
  const sent = await publish(
    gateway.mqttPort,
    login as TerminalLogin,
    'manyi/v1/t-one/votes',
    votesMessage([vote(1)]),
  );
  expect(sent.code).toBe(0);
});
afterAll(async () => {
  await gateway?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

it('compiles and runs', async () => {
  const description = await gateway.getJson('/api/docs/json');
  writeFileSync(join(folder, 'openapi.json'), JSON.stringify(description));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(SETTINGS));
  copyFileSync(join(PLACE, 'client.ts'), join(folder, 'client.ts'));
  await run(process.execPath, [GENERATE, 'openapi.json', '--output', 'schema.ts'], { cwd: folder });
  const compiled = await run(process.execPath, [COMPILE, '-p', '.'], { cwd: folder }).catch(
    (error: { stdout: string }) => error,
  );
  expect(compiled.stdout).toBe('');
  const { token } = await addLink(gateway, { kind: 'wall' });
  const env = { PATH: process.env.PATH, GATEWAY: gateway.httpUrl, TOKEN: token, PASSWORD: ADMIN_PASSWORD };
  const { stdout } = await run(process.execPath, ['out/client.js'], { cwd: folder, env });
  expect(JSON.parse(stdout)).toEqual({
    ...{ alive: 'ok', role: 'administrator', state: 'ending', votesOfRow: 1, rating: 'satisfied' },
    ...{ isExpected: true, isMissing: true, csvLines: 2, counted: true, revoked: 204 },
  });
});
