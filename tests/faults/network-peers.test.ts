/** Terminals that take too much or take nothing cost themselves, not the one next to them. Promise D. */
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createSwarm } from '../support/agent-swarm.ts';
import { vote, votesMessage } from '../support/messages.ts';
import { readMetrics } from '../support/metrics.ts';
import { publishPacket, signIn, subscribePacket } from '../support/raw-mqtt.ts';
import { expectScoresEqualRecount, expectStoredEqualsThanked, storedVotes } from '../support/recount.ts';
import { until } from '../support/wait.ts';
import { spread, tellFigure } from './figures.ts';
import { scaled } from './seed.ts';
import { numbered, startTown, timePressesToWall } from './town.ts';

const VOTES_A_MESSAGE = 10;
/** The gateway's defaults: see MANYI_MESSAGES_PER_S and MANYI_MESSAGE_BURST. */
const [MESSAGES_PER_S, BURST] = [50, 500];
/** A press on the wall beside any peer. The promise to staff is a second. */
const BOUND_MS = 1_000;

const open: Socket[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
});

/** Writes as fast as the socket takes it, until told to stop or cut; resolves with how many messages it has written. */
async function flood(socket: Socket, next: () => Buffer, isOver: () => boolean): Promise<number> {
  let written = 0;
  while (!isOver() && !socket.destroyed) {
    written += 1;
    if (socket.write(next())) await new Promise(setImmediate);
    else
      await until('the flood to be taken', () => socket.destroyed || isOver() || !socket.writableNeedDrain, {
        everyMs: 2,
      });
  }
  return written;
}

describe('a terminal that floods', () => {
  it.each([
    ['with new votes', (message: number) => message * VOTES_A_MESSAGE, 1 as const],
    ['with the same votes', () => 0, 1 as const],
    ['with votes that ask for no answer', (message: number) => message * VOTES_A_MESSAGE, 0 as const],
  ])('%s is throttled, and its neighbour is not', async (_, firstSeq, qos) => {
    const town = await startTown(['flood', 'honest']);
    const swarm = createSwarm({
      logins: [town.login('honest')],
      port: () => town.gateway.mqttPort,
      folder: town.folder,
    });
    const [honest] = swarm.terminals as [(typeof swarm.terminals)[0]];
    await swarm.start();
    await until('it to be up', () => honest.isUp());
    const socket = await signIn(town.gateway.mqttPort, town.login('flood'));
    open.push(socket);
    let answers = 0;
    socket.on('data', (data: Buffer) => {
      answers += data.length / 4;
    });
    let message = 0;
    const next = () => {
      const first = firstSeq(message++);
      const votes = Array.from({ length: VOTES_A_MESSAGE }, (_, at) => vote(first + at + 1));
      const totals = { satisfied: first + VOTES_A_MESSAGE };
      return publishPacket('manyi/v1/t-flood/votes', votesMessage(votes, totals), qos);
    };
    let over = false;
    const begun = performance.now();
    const writing = flood(socket, next, () => over);
    const times = await timePressesToWall(
      town.gateway,
      'w-honest',
      () => honest.press('satisfied'),
      scaled(20, 200),
    );
    over = true;
    const written = await writing;
    const seconds = (performance.now() - begun) / 1_000;
    const metrics = await readMetrics(town.gateway);
    const taken = metrics.of('manyi_mqtt_messages_total', { kind: 'votes' });
    tellFigure(
      `${written} messages written, ${taken} taken in ${seconds.toFixed(1)} s; neighbour: ${spread(times)}`,
    );
    expect(Math.max(...times)).toBeLessThan(BOUND_MS);
    expect(written).toBeGreaterThan(BURST);
    expect(metrics.of('manyi_votes_stored_total') + metrics.of('manyi_votes_duplicate_total')).toBeLessThan(
      (BURST + MESSAGES_PER_S * (seconds + 2)) * VOTES_A_MESSAGE + times.length,
    );
    // What waits for its turn would come in over the next 20 s: the gateway stops beside its flooder instead.
    const stopping = performance.now();
    expect(await town.gateway.stop()).toBe(0);
    expect(performance.now() - stopping).toBeLessThan(5_000);
    await town.gateway.start();
    const stored = storedVotes(town.gateway.dataDir).filter(({ terminal }) => terminal === 't-flood');
    // What was acknowledged is stored, each number once and without a hole.
    expect(stored.length).toBeGreaterThanOrEqual(
      qos === 0
        ? 0
        : Math.min(1, answers) * (firstSeq(1) === 0 ? VOTES_A_MESSAGE : answers * VOTES_A_MESSAGE),
    );
    expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_, at) => at + 1));
    await expectStoredEqualsThanked(town.gateway, swarm.terminals);
    await expectScoresEqualRecount(town.gateway);
    await swarm.stop();
    await town.dispose();
  });
});

describe('subscribers that read nothing', () => {
  it('cost no neighbour time and the gateway no memory, while votes go on coming from them', async () => {
    const frozen = scaled(60, 200);
    const town = await startTown([...numbered(frozen), 'honest']);
    const swarm = createSwarm({
      logins: [town.login('honest')],
      port: () => town.gateway.mqttPort,
      folder: town.folder,
    });
    const [honest] = swarm.terminals as [(typeof swarm.terminals)[0]];
    await swarm.start();
    await until('it to be up', () => honest.isUp());
    const residentMb = async () =>
      (await readMetrics(town.gateway)).of('process_resident_memory_bytes') / 2 ** 20;
    const sockets = await Promise.all(
      town.logins.slice(0, frozen).map(async (login) => {
        const socket = await signIn(town.gateway.mqttPort, login);
        open.push(socket);
        const answered = new Promise((resolve) => socket.once('data', resolve));
        socket.write(subscribePacket([`manyi/v1/${login.id}/ack`, 'manyi/v1/gateway/status']));
        await answered;
        socket.pause();
        return { login, socket };
      }),
    );
    const before = await residentMb();
    let seq = 0;
    let over = false;
    const sending = (async () => {
      while (!over) {
        seq += 1;
        for (const { login, socket } of sockets)
          socket.write(
            publishPacket(`manyi/v1/${login.id}/votes`, votesMessage([vote(seq)], { satisfied: seq }), 1),
          );
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    })();
    const times = await timePressesToWall(
      town.gateway,
      'w-honest',
      () => honest.press('satisfied'),
      scaled(30, 300),
    );
    over = true;
    await sending;
    const grownMb = (await residentMb()) - before;
    tellFigure(
      `${frozen} frozen subscribers, ${seq} votes from each; neighbour: ${spread(times)}; gateway grew ${grownMb.toFixed(0)} MB`,
    );
    expect(Math.max(...times)).toBeLessThan(BOUND_MS);
    expect(grownMb).toBeLessThan(100);
    await until(
      'the votes of the frozen to be stored',
      () => storedVotes(town.gateway.dataDir).length === frozen * seq + times.length,
    );
    await expectStoredEqualsThanked(town.gateway, swarm.terminals);
    await expectScoresEqualRecount(town.gateway);
    await swarm.stop();
    await town.dispose();
  });
});
