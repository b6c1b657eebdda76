/**
 * The main job with every real part: terminal processes with their journals, the gateway's process, and what a wall is
 * sent. Whatever is killed in between, stored equals thanked (promise A), and the scores are a recount (promise C).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TerminalLogin, type TestGateway } from '../../support/gateway.ts';
import { listenLive } from '../../support/live-client.ts';
import { expectScoresEqualRecount, expectStoredEqualsThanked } from '../../support/recount.ts';
import { createTerminal, type Key } from '../../support/terminal-process.ts';
import { until } from '../../support/wait.ts';

const KEYS: readonly Key[] = ['1', '2', '3'];

let gateway: TestGateway;
let terminals: TerminalLogin[];
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'manyi-press-'));
  gateway = await startGateway();
  await gateway.add((org) => {
    org.unit('town', '云岭镇');
    terminals = ['w1', 'w2'].map((id, at) => {
      org.window(id, 'town', `${at + 1}号窗口`);
      return org.terminal(`t-${at + 1}`, id);
    });
  });
});
afterAll(async () => {
  await gateway.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const stored = async (windowId: string) =>
  await gateway.getJson<{ rating: string; seq: number }[]>(
    `/api/v1/votes?from=0&to=9000000000000&window=${windowId}`,
  );
const row = async (id: string) => (await gateway.scores()).find((one) => one.id === id);

describe('from a press to the wall', () => {
  it('moves the live score of its window within a second', async () => {
    const terminal = createTerminal({ gateway, login: terminals[0] as TerminalLogin, folder });
    await terminal.start();
    const live = await listenLive(gateway);
    await live.snapshot();
    await until('the terminal online', () => live.window('w1')?.terminals.online === 1);
    for (const [at, key] of KEYS.entries()) {
      const begun = performance.now();
      await terminal.press(key);
      await until('the wall', () => live.window('w1')?.votes === at + 1);
      expect(performance.now() - begun).toBeLessThan(1_000);
    }
    const counts = { satisfied: 1, basically: 1, unsatisfied: 1 };
    await until('the evidence to agree', () => live.window('w1')?.completeness.state === 'complete');
    expect(live.window('w1')).toMatchObject({ votes: 3, counts });
    // The other window's terminal has never said anything: the town does not claim to be complete.
    expect(live.unit('town')).toMatchObject({ votes: 3, counts, completeness: { state: 'unknown' } });
    live.close();
    await terminal.end('SIGTERM');
  });

  it('loses and doubles nothing when gateway and terminal are killed at any moment', async () => {
    const terminal = createTerminal({ gateway, login: terminals[1] as TerminalLogin, folder });
    await terminal.start();
    await terminal.press('1');
    // The gateway dies with a vote perhaps half way; the terminal thanks on.
    await gateway.kill();
    for (const key of ['1', '2', '3', '1'] as const) await terminal.press(key);
    // The terminal dies with its votes undelivered.
    await terminal.end('SIGKILL');
    await terminal.start();
    await terminal.press('3');
    await gateway.start();
    await terminal.press('2');
    await gateway.kill();
    await terminal.press('1');
    await gateway.start();
    await expectStoredEqualsThanked(gateway, [terminal]);
    expect(await row('w2')).toMatchObject({
      votes: terminal.thanked(),
      counts: terminal.counts(),
      completeness: { state: 'complete', pending: 0, lost: 0 },
    });
    expect((await stored('w2')).map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(terminal.thankedSeqs());
    await expectScoresEqualRecount(gateway);
    await terminal.end('SIGTERM');
  });
});
