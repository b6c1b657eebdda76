/**
 * A clock that is set while a program runs, forward and back, at rest and under load, at either end or at both (one machine):
 * what measures a span does not hear of it. Nothing is lost, nobody is cut off, and nobody waits longer than he would have.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { createFakeClock, FAKETIME, type FakeClock } from '../support/fake-clock.ts';
import { ADMIN_PASSWORD } from '../support/gateway.ts';
import { type JournalRig, keys, startJournalRig } from '../support/journal-rig.ts';
import { type LiveClient, listenLive } from '../support/live-client.ts';
import { have } from '../support/prerequisites.ts';
import { expectScoresEqualRecount, expectStoredEqualsThanked } from '../support/recount.ts';
import type { TerminalProcess } from '../support/terminal-process.ts';
import { until } from '../support/wait.ts';
import { scaled, seededRandom } from './seed.ts';

const S = 1_000;
const HOUR = 3_600 * S;
const DAY = 24 * HOUR;
const STEPS = [
  ['120 s back', -120 * S],
  ['8 h back', -8 * HOUR],
  ['120 s forward', 120 * S],
  ['8 h forward', 8 * HOUR],
  ['60 days forward', 60 * DAY],
] as const;
const ZONE = 'Asia/Shanghai';

let rig: JournalRig | null = null;
let clock: FakeClock | null = null;
let wall: LiveClient | null = null;
afterEach(async () => {
  wall?.close();
  await rig?.dispose();
  clock?.dispose();
  rig = null;
  wall = null;
});

async function startGatewayWithClock(): Promise<JournalRig> {
  clock = createFakeClock(0);
  rig = await startJournalRig({ env: clock.env });
  return rig;
}

const signIn = (password: string, name = 'admin') =>
  fetch(`${rig!.gateway.httpUrl}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: rig!.gateway.httpUrl },
    body: JSON.stringify({ name, password }),
  });
const messagesOf = (live: LiveClient) => live.messages.length;
const cuts = (terminal: TerminalProcess) =>
  terminal.lines().filter(({ code }) => code === 'gateway-lost').length;

/** The wall hears, and shows the next press. */
async function expectWallLives(live: LiveClient, terminal: TerminalProcess): Promise<void> {
  const before = messagesOf(live);
  await until('the wall to hear something', () => messagesOf(live) > before, { timeoutMs: 10_000 });
  const newest = live.ticker()[0]?.id ?? 0;
  await terminal.press('1');
  await until('the press on the wall', () => (live.ticker()[0]?.id ?? 0) > newest, { timeoutMs: 10_000 });
  expect(live.socket.readyState).toBe(live.socket.OPEN);
}

describe.runIf(have(FAKETIME)).each(STEPS)("the gateway's clock set %s", (_name, step) => {
  it('at rest: told, and nothing else', async () => {
    const { gateway, metric, terminal: create } = await startGatewayWithClock();
    const terminal = await create();
    await terminal.start();
    wall = await listenLive(gateway);
    await terminal.pressMany(keys('1231'));
    await expectStoredEqualsThanked(gateway, [terminal]);
    clock!.setOffsetMs(step);
    await until('the step to be told', () => gateway.log().includes('"clock-stepped"'));
    expect(await metric('manyi_clock_steps_total')).toBe(1);
    expect(await metric('manyi_clock_last_step_seconds')).toBeCloseTo(step / S, -1);
    await terminal.pressMany(keys('123123'));
    await expectWallLives(wall, terminal);
    await expectStoredEqualsThanked(gateway, [terminal]);
    await expectScoresEqualRecount(gateway, ZONE, step);
    expect((await signIn(ADMIN_PASSWORD)).status).toBe(200);
    expect(cuts(terminal)).toBe(0);
    clock!.setOffsetMs(0);
    await until('the way back to be told', async () => (await metric('manyi_clock_steps_total')) === 2);
    await terminal.pressMany(keys('321'));
    await expectWallLives(wall, terminal);
    await expectStoredEqualsThanked(gateway, [terminal]);
    await expectScoresEqualRecount(gateway, ZONE);
    expect(cuts(terminal)).toBe(0);
    expect(await terminal.end()).toBe(0);
  });

  it('makes nobody wait longer for the next sign-in or request', async () => {
    const { gateway } = await startGatewayWithClock();
    for (let n = 0; n < 6; n++) await signIn('not the password at all');
    const answer = async () => {
      const response = await signIn(ADMIN_PASSWORD);
      return { status: response.status, waitS: Number(response.headers.get('retry-after') ?? 0) };
    };
    const before = await answer();
    expect(before.status).toBe(429);
    clock!.setOffsetMs(step);
    const after = await answer();
    if (after.status === 429) expect(after.waitS).toBeLessThanOrEqual(before.waitS);
    await until('the sign-in', async () => (await answer()).status === 200, {
      timeoutMs: (before.waitS + 5) * S,
      everyMs: 500,
    });
    // Requests of somebody else, up to their limit, and over the step.
    const ask = () => fetch(`${gateway.httpUrl}/api/v1/scores`);
    await until('too many requests', async () => (await ask()).status === 429, {
      timeoutMs: 60_000,
      everyMs: 0,
    });
    clock!.setOffsetMs(0);
    const refused = await ask();
    if (refused.status === 429) expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(10);
    await until('an answer', async () => (await ask()).status === 401, { timeoutMs: 15_000, everyMs: 500 });
  });
});

/** Presses one after the other while `set` sets clocks about; ends with every clock right. */
async function pressUnderSteps(terminals: TerminalProcess[], set: (ms: number) => void): Promise<void> {
  const random = seededRandom('clock-steps');
  const sizes = [-8 * HOUR, -120 * S, -5 * S, 0, 5 * S, 120 * S, 8 * HOUR, 40 * DAY];
  for (let round = 0; round < scaled(8, 60); round++) {
    const pressing = Promise.all(terminals.map((one) => one.pressMany(keys('123132'))));
    set(random.pick(sizes));
    await pressing;
  }
  set(0);
}

describe.runIf(have(FAKETIME))('a clock that is set to and fro under load', () => {
  it.each(['gateway', 'terminal', 'both'] as const)('of the %s', async (whose) => {
    const { gateway, terminal: create, metric } = await startGatewayWithClock();
    const own = createFakeClock(0);
    try {
      const env = whose === 'gateway' ? {} : own.env;
      const terminals = [await create({ env }), await create({ env })];
      for (const terminal of terminals) await terminal.start();
      wall = await listenLive(gateway);
      await until('the gateway', () => terminals.every((one) => one.isConnected()));
      await pressUnderSteps(terminals, (ms) => {
        if (whose !== 'terminal') clock!.setOffsetMs(ms);
        if (whose !== 'gateway') own.setOffsetMs(ms);
      });
      await expectStoredEqualsThanked(gateway, terminals);
      await until('the last step to be over', async () => {
        const before = await metric('manyi_clock_steps_total');
        await new Promise((resolve) => setTimeout(resolve, 1_500));
        return (await metric('manyi_clock_steps_total')) === before;
      });
      await expectScoresEqualRecount(gateway, ZONE);
      await expectWallLives(wall, terminals[0] as TerminalProcess);
      expect((await signIn(ADMIN_PASSWORD)).status).toBe(200);
      for (const terminal of terminals) {
        expect(terminal.refused()).toBe(0);
        expect(cuts(terminal)).toBe(0);
        expect(terminal.isConnected()).toBe(true);
        expect(await terminal.end()).toBe(0);
      }
    } finally {
      own.dispose();
    }
  });
});
