/** The command line as a technician and a script meet it: a real process on a real data folder, beside a running gateway. */
import { execFile, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseEnrolmentCode } from '../../../protocol/enrolment-code.ts';
import { makeRequest, writeIdentity } from '../../support/certificates.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { vote, votesMessage } from '../../support/messages.ts';
import { publish } from '../../support/mosquitto.ts';
import { until } from '../../support/wait.ts';

const CLI = new URL('../../../dist/gateway/run/manyi.js', import.meta.url).pathname;
const run = promisify(execFile);

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.dispose());

const manyi = (...args: string[]) =>
  run(process.execPath, [CLI, ...args], { env: { ...process.env, MANYI_DATA_DIR: gateway.dataDir } });
const json = async (...args: string[]) => JSON.parse((await manyi(...args, '--json')).stdout);
const failure = async (...args: string[]) => {
  const error = (await manyi(...args).then(
    () => null,
    (reason) => reason,
  )) as { code: number; stderr: string; stdout: string } | null;
  if (!error) throw new Error(`${args.join(' ')} did not fail`);
  return error;
};

describe('the command line', () => {
  it('takes a terminal from nothing to its first vote, beside a running gateway', async () => {
    const city = await json('unit', 'add', '--name', '云岭市');
    const hall = await json('unit', 'add', '--name', '政务服务大厅', '--parent', city.id);
    const counter = await json('window', 'add', '--unit', hall.id, '--name', '社保综合窗口');
    const terminal = await json('terminal', 'add', '--window', counter.id);
    expect(parseEnrolmentCode(terminal.code)).toMatchObject({ terminalId: terminal.id });

    const topic = `manyi/v1/${terminal.id}/votes`;
    const { key, csr } = await makeRequest('CN=somebody-else');
    const request = join(gateway.dataDir, 'request.pem');
    writeFileSync(request, csr);
    const signed = await json('terminal', 'certify', '--terminal', terminal.id, '--csr', request);
    const identity = { key, certificate: signed.certificate, authority: signed.authority };
    const folder = join(gateway.dataDir, 'by-hand');
    writeIdentity(folder, { terminalId: terminal.id, renewAfter: 0, code: '', ...identity });
    const sent = await publish(
      gateway.mqttPort,
      { id: terminal.id, folder },
      topic,
      votesMessage([vote(1), { ...vote(2), rating: '很好' }]),
    );
    expect(sent.code).toBe(0);
    await until(
      'its vote',
      async () => (await gateway.scores()).find(({ id }) => id === city.id)?.votes === 1,
    );

    const audit = await gateway.getJson<{ action: string; target: string; actor: string }[]>('/api/v1/audit');
    expect(audit.filter(({ actor }) => actor.startsWith('cli:'))).toMatchObject([
      { action: 'certificate.issue', target: `terminal:${terminal.id}` },
      { action: 'terminal.code', target: `terminal:${terminal.id}` },
      { action: 'terminal.add', target: `terminal:${terminal.id}`, detail: { windowId: counter.id } },
      { action: 'window.add', target: `window:${counter.id}`, detail: { unitId: hall.id } },
      { action: 'unit.add', target: `unit:${hall.id}`, detail: { parentId: city.id } },
      { action: 'unit.add', target: `unit:${city.id}`, origin: 'local' },
    ]);
    expect((await json('unit', 'list')).map(({ name }: { name: string }) => name)).toEqual([
      '云岭市',
      '政务服务大厅',
    ]);
    expect(await json('window', 'list')).toEqual([counter]);
    const listed = await manyi('terminal', 'list', '--json');
    expect(listed.stdout).toContain(terminal.id);
    expect(listed.stdout).not.toContain(terminal.code);
    expect(await json('quarantine', 'list')).toMatchObject([
      { reason: 'rating-unknown', terminal: terminal.id, seq: 2 },
    ]);
  });

  it('ends quietly when its reader has had enough, and says so when its answer could not be written', () => {
    const shell = (line: string) =>
      spawnSync('bash', ['-o', 'pipefail', '-c', line, 'manyi', process.execPath, CLI], {
        env: { ...process.env, MANYI_DATA_DIR: gateway.dataDir },
        encoding: 'utf8',
      });
    for (let n = 0; n < 5; n++) shell(`"$1" "$2" unit add --name 单位${n}`);
    const piped = shell('"$1" "$2" unit list | head -1');
    expect([piped.status, piped.stderr, piped.stdout.split('\n').length]).toEqual([0, '', 2]);
    const full = shell('"$1" "$2" unit list >/dev/full');
    expect(full.status).toBe(1);
    expect(full.stderr).toMatch(/^output-failed: .*ENOSPC/);
    expect(shell('"$1" "$2" unit list >/dev/full 2>/dev/full').status).toBe(1);
  });

  it('answers people in words', async () => {
    const { stdout } = await manyi('unit', 'add', '--name', '望溪镇', '--id', 'wangxi');
    expect(stdout).toMatch(/id\s+wangxi/);
    expect((await manyi('unit', 'list')).stdout).toContain('望溪镇');
  });

  it.each([
    ['unit-unknown', ['window', 'add', '--unit', 'nowhere', '--name', 'x']],
    ['window-unknown', ['terminal', 'add', '--window', 'nowhere']],
    ['id-taken', ['unit', 'add', '--name', '望溪镇', '--id', 'wangxi']],
    ['name-taken', ['account', 'add', 'admin', '--role', 'operator']],
    ['name-invalid', ['account', 'add', 'Not A Name', '--role', 'operator']],
    ['unit-required', ['account', 'add', 'chief', '--role', 'unit-manager']],
    ['administrator-last', ['account', 'disable', 'admin']],
    ['account-unknown', ['account', 'password', 'nobody']],
    ['session-unknown', ['session', 'revoke', 's-1']],
    ['link-unknown', ['link', 'revoke', 'l-1']],
    ['unit-unknown', ['link', 'add', '--name', 'x', '--unit', 'nowhere']],
  ])('refuses with %s, in words and as JSON', async (code, args) => {
    const inWords = await failure(...args);
    expect([inWords.code, inWords.stdout]).toEqual([1, '']);
    expect(inWords.stderr).toMatch(new RegExp(`^${code}: \\S`));
    expect(JSON.parse((await failure(...args, '--json')).stderr)).toMatchObject({ error: { code } });
  });

  it.each([
    [['unit', 'add', '--name', '']],
    [['unit', 'add', '--name', '\u0007']],
    [['unit', 'add', '--name', '长'.repeat(81)]],
    [['unit', 'add', '--name', 'x', '--id', 'Not An Id']],
    [['terminal', 'add', '--window', 'w', '--id', 'gateway']],
    [['quarantine', 'list', '--limit', '0']],
    [['unit', 'drop']],
    [['account', 'add', 'x1', '--role', 'king']],
    [['account', 'set', 'admin', '--enabled', 'perhaps']],
    [['link', 'add', '--name', 'x', '--kind', 'door']],
  ])('refuses %j before it touches anything', async (args) => {
    expect((await failure(...args)).stderr).toMatch(/^argument-invalid: .*\nSee `manyi --help`/s);
  });
});
