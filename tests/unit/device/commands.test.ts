/** What a terminal is told to do: once an id, with the same answer ever after, and nothing that it does not know. */
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Agent, createAgent } from '../../../device/agent.ts';
import { createBackoff } from '../../../device/backoff.ts';
import { createClock, systemSources } from '../../../device/board/clock.ts';
import type { IdentityStore } from '../../../device/identity/identity.ts';
import { openJournal } from '../../../device/journal/journal.ts';
import { listSetAside } from '../../../device/journal/set-aside.ts';
import type { CommandResult } from '../../../protocol/command.ts';
import type { Health } from '../../../protocol/health.ts';
import { topicOf } from '../../../protocol/topics.ts';
import { RATINGS } from '../../../protocol/vote.ts';
import { type HostileGateway, startHostileGateway, until } from './hostile-gateway.ts';

const terminalId = 'test-terminal';
const PUT_AWAY = 1_795_000_000_000;
let folder: string;
let path: string;
let gateway: HostileGateway;
let identity: IdentityStore;
let agent: Agent;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'manyi-commands-'));
  path = join(folder, 'journal.db');
  gateway = await startHostileGateway();
  identity = await gateway.identityOf(terminalId);
  await gateway.setOnline(true);
});
afterEach(async () => {
  await agent.stop();
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A journal with votes that the gateway has not got, put away. @returns its epoch and what a command calls it. */
function putAway(count: number): { epoch: string; id: string } {
  const journal = openJournal({ path, terminalId });
  for (let n = 0; n < count; n += 1)
    journal.append({
      rating: RATINGS[n % 3] as (typeof RATINGS)[number],
      at: Date.now() - 3_600_000 + n,
      clock: 'ntp',
      boot: 'another-boot',
      mono: n,
    });
  const { epoch } = journal;
  journal.close();
  renameSync(path, `${path}.corrupt-${PUT_AWAY}`);
  writeFileSync(`${path}.corrupt-${PUT_AWAY}.json`, JSON.stringify({ epoch, unsent: count, last: count }));
  return { epoch, id: listSetAside(path)[0]?.id as string };
}
async function start(clock = createClock()): Promise<void> {
  agent = createAgent(
    {
      ...{ terminalId, identityFolder: folder, gatewayUrl: gateway.url, journalPath: path, inputs: [] },
      ...{ language: 'zh', healthIntervalS: 60, keepAckedDays: 7 },
    },
    {
      clock,
      identity,
      uplink: { backoff: createBackoff({ baseMs: 10, capMs: 60, floorMs: 5 }), resendMs: 40 },
    },
  );
  const hellos = gateway.hellos.length;
  await agent.start();
  await until(() => gateway.hellos.length > hellos, 'hello');
}
const command = (id: string, more: object) =>
  gateway.publish(topicOf(terminalId, 'command'), { id, expires: Date.now() + 60_000, args: {}, ...more });
const said = <T>(kind: 'result' | 'health'): T[] =>
  gateway.published
    .filter(({ topic }) => topic === topicOf(terminalId, kind))
    .map(({ payload }) => JSON.parse(payload) as T);
const resultsOf = (id: string) => said<CommandResult>('result').filter((result) => result.id === id);
const answer = async (id: string, times = 1): Promise<CommandResult> => {
  await until(() => resultsOf(id).length >= times, `${times} answers to ${id}`);
  return resultsOf(id).at(-1) as CommandResult;
};

describe('a journal put away', () => {
  it('is sent once, and the same command again gets the same answer, also after a restart', async () => {
    const { epoch, id } = putAway(150);
    await start();
    await command('c-1', { op: 'journal-send', args: { journal: id } });
    expect(await answer('c-1')).toEqual({ id: 'c-1', ok: true, detail: 'read 150' });
    expect(gateway.seqsOf(epoch).size).toBe(150);
    const sent = gateway.messages.length;
    await command('c-1', { op: 'journal-send', args: { journal: id } });
    expect(await answer('c-1', 2)).toEqual({ id: 'c-1', ok: true, detail: 'read 150' });
    await agent.stop();
    await start();
    await command('c-1', { op: 'journal-send', args: { journal: id } });
    await answer('c-1', 3);
    expect(gateway.messages.length).toBe(sent);
    expect(gateway.conflicts).toEqual([]);
    expect(listSetAside(path)).toMatchObject([{ id, settled: { as: 'sent' } }]);
    await until(() => said<Health>('health').at(-1)?.journal.setAside?.[0]?.state === 'sent', 'the report');
  });

  it('goes on where the line was cut, and the answer is said in the next session', async () => {
    const { epoch, id } = putAway(300);
    await start();
    let cuts = 0;
    gateway.manners.store = (message) => {
      if (message.epoch === epoch && cuts < 3) {
        cuts += 1;
        gateway.cutAll();
        return cuts % 2 === 0;
      }
      return true;
    };
    await command('c-1', { op: 'journal-send', args: { journal: id } });
    expect(await answer('c-1')).toMatchObject({ ok: true, detail: 'read 300' });
    expect(gateway.seqsOf(epoch).size).toBe(300);
    expect(cuts).toBe(3);
  });

  it('is given again where the gateway was restored from a backup in the middle of it', async () => {
    const { epoch, id } = putAway(300);
    await start();
    let isRestored = false;
    gateway.manners.store = (message) => {
      if (message.epoch === epoch && !isRestored && gateway.seqsOf(epoch).size >= 100) {
        isRestored = true;
        for (const seq of gateway.seqsOf(epoch)) if (seq > 20) gateway.stored.delete(`${epoch}/${seq}`);
        gateway.manners.answer = () => null;
        void gateway.setOnline(true, 'restored').then(() => {
          gateway.cutAll();
          gateway.manners.answer = (honest) => honest;
        });
        return false;
      }
      return true;
    };
    await command('c-1', { op: 'journal-send', args: { journal: id } });
    expect(await answer('c-1')).toMatchObject({ ok: true, detail: 'read 300' });
    expect(isRestored).toBe(true);
    expect(gateway.seqsOf(epoch).size).toBe(300);
    // Nothing that can be read is ever said to be gone.
    expect(gateway.hellos.filter((hello) => hello.epoch === epoch && hello.journal.first > 1)).toEqual([]);
  });

  it('is read whole when a power cut left its log and its note behind in the renames', async () => {
    const { epoch, id } = putAway(0);
    const from = `${path}.corrupt-${PUT_AWAY}`;
    const journal = openJournal({ path: from, terminalId });
    for (let n = 0; n < 3; n += 1)
      journal.append({ rating: 'satisfied', at: Date.now() - 9_000, clock: 'ntp', boot: 'b', mono: n });
    const [file, log] = [readFileSync(from), readFileSync(`${from}-wal`)];
    journal.close();
    rmSync(from);
    writeFileSync(`${from}.dropped-${Date.now()}`, file);
    writeFileSync(`${from}-wal`, log);
    await start();
    await command('c-1', { op: 'journal-send', args: { journal: id } });
    expect(await answer('c-1')).toMatchObject({ ok: true, detail: 'read 3' });
    expect(gateway.seqsOf(epoch).size).toBe(3);
    expect(readdirSync(folder).filter((name) => name.endsWith(`${PUT_AWAY}-wal`))).toEqual([]);
  });

  it('that was decided about stays while it is not certain what day it is', async () => {
    const { id } = putAway(1);
    const decided = `${path}.corrupt-${PUT_AWAY}.dropped-${Date.now()}`;
    renameSync(`${path}.corrupt-${PUT_AWAY}`, decided);
    const years = 10 * 365 * 86_400_000;
    const wrong = { wallMs: () => Date.now() + years, isSynchronised: async () => true };
    const clock = createClock({ ...systemSources(), ...wrong });
    await start(clock);
    await until(() => clock.apartMs() !== null, 'the two clocks to disagree');
    await command('c-1', {
      op: 'journal-send',
      expires: Date.now() + 2 * years,
      args: { journal: '00000000' },
    });
    await answer('c-1');
    expect(listSetAside(path)).toMatchObject([{ id, path: decided }]);
  });

  it('whose votes are never acknowledged is not called sent', async () => {
    const { epoch, id } = putAway(3);
    await start();
    gateway.manners.store = (message) => message.epoch !== epoch;
    await command('c-1', { op: 'journal-send', args: { journal: id } });
    await until(() => resultsOf('c-1').length > 0, 'the answer', 30_000);
    expect(resultsOf('c-1')[0]).toMatchObject({ ok: false, code: 'journal-not-taken' });
    expect(listSetAside(path)).toMatchObject([{ id, settled: null }]);
  });

  it('is found again by a terminal whose file of commands is not whole', async () => {
    const { id } = putAway(3);
    writeFileSync(`${path}.commands`, '{"waiting":[{"id":"../../etc"}],"results"');
    await start();
    await command('c-1', { op: 'journal-drop', args: { journal: id } });
    // The gateway of this test cannot be told that numbers are gone: the terminal gives up telling it, and drops it all the same.
    await until(() => resultsOf('c-1').length > 0, 'the answer', 30_000);
    expect(resultsOf('c-1')[0]).toMatchObject({ ok: true, detail: 'written off: 3' });
    expect(readdirSync(folder).filter((name) => name.includes('.dropped-')).length).toBeGreaterThan(0);
    expect(JSON.parse(readFileSync(`${path}.commands`, 'utf8'))).toMatchObject({ waiting: [] });
  });
});

describe('a command that cannot be carried out', () => {
  it.each([
    ['is for no journal here', { op: 'journal-send', args: { journal: '00000000' } }, 'journal-unknown'],
    ['names a path', { op: 'journal-send', args: { journal: '../../etc/passwd' } }, 'failed'],
    ['says too much', { op: 'journal-drop', args: { journal: '00000000', path: '/' } }, 'failed'],
    ['is for later', { op: 'restart' }, 'unknown-op'],
    ['has expired', { op: 'journal-send', args: { journal: '00000000' }, expires: 1 }, 'expired'],
  ])('because it %s is answered with a code', async (_, order, code) => {
    await start();
    await until(() => agent.state().connected && agent.state().gatewayOnline, 'the session');
    agent.press('satisfied');
    await until(() => agent.state().acked === 1, 'the time');
    await command('c-1', order);
    expect(await answer('c-1')).toMatchObject({ ok: false, code });
  });
});
