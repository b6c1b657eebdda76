/**
 * The line goes dead and nobody is told (a cable pulled behind a switch, a NAT that forgot): each side has to find out
 * itself, the wall has to say so, and when the line is back everything arrives once. Promises A and E.
 */
import { describe, expect, it } from 'vitest';
import { createSwarm } from '../support/agent-swarm.ts';
import { expectScoresEqualRecount, expectStoredEqualsThanked } from '../support/recount.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { createTerminal } from '../support/terminal-process.ts';
import { until } from '../support/wait.ts';
import { tellFigure } from './figures.ts';
import { isQuick } from './seed.ts';
import { startTown } from './town.ts';

const DIRECTIONS = ['up', 'down', 'both'] as const;

describe('a half-open line', () => {
  it('is noticed by both sides, whichever direction is dead, and heals without loss', async () => {
    const keepaliveS = 3;
    const town = await startTown([...DIRECTIONS]);
    const proxies = await Promise.all(DIRECTIONS.map(() => startTcpProxy(() => town.gateway.mqttPort)));
    const portOf = new Map(town.logins.map(({ id }, at) => [id, proxies[at]?.port as number]));
    const swarm = createSwarm({
      logins: town.logins,
      port: ({ id }) => portOf.get(id) as number,
      folder: town.folder,
      uplink: { keepaliveS, backoff: { baseMs: 200, capMs: 1_000 } },
    });
    await swarm.start();
    await until('all to be connected', () => swarm.terminals.every((one) => one.isUp()));
    const onlineAt = async (name: string) =>
      (await town.gateway.scores()).find(({ id }) => id === `w-${name}`)?.terminals.online === 1;

    await Promise.all(
      DIRECTIONS.map(async (direction, at) => {
        const [proxy, terminal] = [proxies[at]!, swarm.terminals[at]!];
        await until('the wall to show it online', () => onlineAt(direction));
        proxy.freeze(direction);
        const frozenAt = performance.now();
        const since = () => (performance.now() - frozenAt) / 1_000;
        await terminal.press('satisfied');
        const noticed = [
          until('the terminal to notice', () => !terminal.isUp(), { timeoutMs: 60_000 }).then(since),
          until('the gateway to notice', async () => !(await onlineAt(direction)), {
            timeoutMs: 60_000,
          }).then(since),
        ];
        const [terminalS = 0, gatewayS = 0] = await Promise.all(noticed);
        await terminal.press('unsatisfied');
        tellFigure(
          `dead ${direction}: keepalive ${keepaliveS} s, terminal noticed after ${terminalS.toFixed(1)} s, gateway after ${gatewayS.toFixed(1)} s`,
        );
        // MQTT 3.1.1, 3.1.2.10: one and a half keepalives without a word. The terminal's own ping adds one more.
        expect(terminalS).toBeLessThan(2.5 * keepaliveS + 2);
        expect(gatewayS).toBeLessThan(4 * keepaliveS + 2);
        proxy.heal();
      }),
    );
    await expectStoredEqualsThanked(town.gateway, swarm.terminals);
    await until('all to be online', async () => (await Promise.all(DIRECTIONS.map(onlineAt))).every(Boolean));
    await expectScoresEqualRecount(town.gateway);
    await swarm.stop();
    await Promise.all(proxies.map((proxy) => proxy.dispose()));
    await town.dispose();
  });

  it.runIf(!isQuick)('is noticed by a terminal as it is delivered', async () => {
    const town = await startTown(['dead']);
    const proxy = await startTcpProxy(() => town.gateway.mqttPort);
    const terminal = createTerminal({ ...town, login: town.login('dead'), port: proxy.port });
    await terminal.start();
    await until('it to be connected', () => terminal.isConnected());
    const online = async () =>
      (await town.gateway.scores()).find(({ id }) => id === 'w-dead')?.terminals.online;
    await until('the wall to show it online', async () => (await online()) === 1);
    proxy.freeze('both');
    const frozenAt = performance.now();
    for (const key of ['1', '2', '3'] as const) await terminal.press(key);
    const since = () => ((performance.now() - frozenAt) / 1_000).toFixed(1);
    const [terminalS, gatewayS] = await Promise.all([
      until('the terminal to notice', () => !terminal.isConnected(), { timeoutMs: 120_000 }).then(since),
      until('the gateway to notice', async () => (await online()) === 0, { timeoutMs: 120_000 }).then(since),
    ]);
    tellFigure(
      `dead both ways, as delivered: terminal noticed after ${terminalS} s, gateway after ${gatewayS} s`,
    );
    expect(Number(terminalS)).toBeLessThan(60);
    expect(Number(gatewayS)).toBeLessThan(60);
    proxy.heal();
    await expectStoredEqualsThanked(town.gateway, [terminal]);
    await terminal.end();
    await proxy.dispose();
    await town.dispose();
  });
});
