/** `npm run demo -- --province` from the outside: real servers, one of which is killed, and nothing is lost or left behind. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandLines, newDemoFolder, processesOf, removeDemoFolder, startDemo } from '../../support/demo.ts';
import { POSTGRES } from '../../support/postgres.ts';
import { have } from '../../support/prerequisites.ts';
import { HAPROXY } from '../../support/proxies.ts';
import { pressedOf } from '../../support/recount.ts';
import { until } from '../../support/wait.ts';

const START_MS = 60_000;

/** Votes that its terminals have thanked for, from their disks. */
function thankedIn(dataDir: string): number {
  const folder = join(dataDir, 'journals');
  const files = readdirSync(folder).filter((name) => name.endsWith('.db'));
  return files.reduce((sum, name) => {
    const journal = new Database(join(folder, name), { readonly: true });
    const { last } = journal.prepare('SELECT coalesce(max(seq), 0) AS last FROM votes').get() as {
      last: number;
    };
    journal.close();
    return sum + last;
  }, 0);
}

const terminalsAt = (letter: string) => new RegExp(`gateway ${letter}: ([1-9]\\d*) 终端`);
const viaBalancer = /http:\/\/127\.0\.0\.1:\d+(?=\/wall\S+\n\s+登录)/;

describe.runIf(have(POSTGRES, HAPROXY))('the demo of a province', () => {
  let dataDir: string;
  beforeAll(() => {
    dataDir = newDemoFolder();
  });
  afterAll(() => removeDemoFolder(dataDir));

  test('loses no vote to a gateway and a primary that are killed', { timeout: 180_000 }, async () => {
    const demo = startDemo(dataDir, '--province', '--terminals', '8', '--rate', '20', '--seed', '7');
    const base = await demo.says(viaBalancer, { timeoutMs: START_MS });
    await demo.says(terminalsAt('A'));
    await demo.says(terminalsAt('B'));
    await until('votes on the wall behind the balancer', async () => {
      const district = (await demo.scores(base)).get('yunling');
      return district !== undefined && pressedOf(district) >= 5;
    });
    demo.process.stdin.write('3');
    await demo.says('谢谢您的评价');

    // Neither password is where others could read it.
    const file = join(dataDir, 'database.json');
    const { passwords } = JSON.parse(readFileSync(file, 'utf8')) as { passwords: Record<string, string> };
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const logs = readdirSync(dataDir).filter((name) => name.endsWith('.log'));
    expect(logs).toContain('postgres-1.log');
    const readable = [...commandLines(), ...logs.map((name) => readFileSync(join(dataDir, name), 'utf8'))];
    for (const password of Object.values(passwords))
      expect(readable.filter((text) => text.includes(password))).toEqual([]);

    let before = demo.output().length;
    demo.process.stdin.write('a');
    await demo.says(/Gateway A ended with SIGKILL: [1-9]\d* terminals were at it/, { after: before });
    await demo.says(/[1-9]\d* terminals were cut off; all are served again/, { after: before });
    before = demo.output().length;
    demo.process.stdin.write('p');
    await demo.says('The standby, PostgreSQL 2, is the primary', { after: before });
    await demo.says(/[1-9]\d* terminals were cut off; all are served again/, { after: before });

    demo.process.kill('SIGINT');
    expect(await demo.ended()).toBe(0);
    const [, thanked, stored] =
      demo.output().match(/Thanked for (\d+) votes so far: (\d+) are stored\./) ?? [];
    expect(Number(thanked)).toBeGreaterThan(20);
    expect(stored).toBe(thanked);
    expect(thankedIn(dataDir)).toBe(Number(thanked));
    expect(processesOf(dataDir)).toEqual([]);
  });

  test('goes on with its data, and leaves nobody behind when it is killed', {
    timeout: 180_000,
  }, async () => {
    const thanked = thankedIn(dataDir);
    const demo = startDemo(dataDir, '--province', '--terminals', '9', '--rate', '0', '--no-keyboard');
    const base = await demo.says(viaBalancer, { timeoutMs: START_MS });
    expect(demo.output()).not.toContain('Making the district 12');
    const district = (await demo.scores(base)).get('yunling');
    expect(district && pressedOf(district)).toBe(thanked);
    expect(processesOf(dataDir).length).toBeGreaterThan(5);
    const [socketFolder = ''] =
      commandLines()
        .find((line) => line.includes(join(dataDir, 'postgres')))
        ?.match(/[^=\0]*manyi-province-[^/\0]*/) ?? [];
    expect(existsSync(socketFolder)).toBe(true);

    demo.process.kill('SIGKILL');
    await until('all that it had started to end', () => processesOf(dataDir).length === 0);
    await until('what was of no use without it to go', () => !existsSync(socketFolder));
  });
});
