/** What only one of several gateways does at a time, on each database: who has it, how it goes over, and that nobody else writes it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OnceJob } from '../../gateway/jobs/job.ts';
import { type Runner, startJobs } from '../../gateway/jobs/runner.ts';
import type { Lease } from '../../gateway/store/leases.ts';
import { type OpenPorts, type PortsHome, portHomes } from '../support/port-homes.ts';
import { until } from '../support/wait.ts';

const LONG_MS = 60_000;

describe.each(portHomes())('leases in %s', (_name, createHome) => {
  let home: PortsHome;
  let one: OpenPorts;
  let other: OpenPorts;
  const runners: Runner[] = [];
  beforeEach(async () => {
    home = await createHome();
    [one, other] = [await home.open(), await home.open()];
  });
  afterEach(async () => {
    await Promise.all(runners.splice(0).map((runner) => runner.stop()));
    await Promise.all([one.close(), other.close()]);
    await home.dispose();
  });
  /** As if so much time had passed. */
  const runOut = () => home.rows('UPDATE leases SET until = 0');
  const addUnit = ({ org }: OpenPorts, id: string, held?: Lease) =>
    org.change(async (tx) => {
      await tx.addUnit({ id, parentId: null, name: id });
      const by = { actor: { kind: 'gateway' }, origin: 'local' } as const;
      return tx.audited({ by, action: 'test', target: { kind: 'data' } }, undefined);
    }, held);
  const units = async () => (await one.org.units()).map(({ id }) => id);

  it('are had by one, renewed, and let go', async () => {
    const first = (await one.leases.take('work', 'A', LONG_MS)) as Lease;
    expect(await other.leases.take('work', 'B', LONG_MS)).toBeNull();
    expect(await other.leases.take('other work', 'B', LONG_MS)).toMatchObject({ holder: 'B' });
    expect(await one.leases.take('work', 'A', LONG_MS)).toEqual(first);
    await addUnit(one, 'u-1', first);
    await one.leases.release(first);
    const second = (await other.leases.take('work', 'B', LONG_MS)) as Lease;
    expect(second.token).toBeGreaterThan(first.token);
    // What is not had any more lets nothing go.
    await one.leases.release(first);
    expect(await one.leases.take('work', 'A', LONG_MS)).toBeNull();
    expect(await units()).toEqual(['u-1']);
  });

  it('run out by the clock of the database, and are then had by whoever asks first', async () => {
    const first = await one.leases.take('work', 'A', 50);
    const second = await until('it to run out', () => other.leases.take('work', 'B', LONG_MS));
    expect(second.token).toBeGreaterThan(first?.token as number);
    const [{ until: stored } = { until: 0 }] = await home.rows<{ until: number }>('SELECT until FROM leases');
    expect(Math.abs(stored - LONG_MS - Date.now())).toBeLessThan(20_000);
  });

  it('let nothing be written that was begun with an older one, also by whoever has it again', async () => {
    const first = (await one.leases.take('work', 'A', LONG_MS)) as Lease;
    await runOut();
    await expect(addUnit(one, 'late', first)).rejects.toMatchObject({ code: 'lease-lost' });
    const second = (await one.leases.take('work', 'A', LONG_MS)) as Lease;
    await expect(addUnit(one, 'late', first)).rejects.toMatchObject({ code: 'lease-lost' });
    await addUnit(one, 'in time', second);
    await runOut();
    await other.leases.take('work', 'B', LONG_MS);
    await expect(addUnit(one, 'late', second)).rejects.toMatchObject({ code: 'lease-lost' });
    expect(await units()).toEqual(['in time']);
    expect((await one.audit.entries({ limit: 9 })).map(({ action }) => action)).toEqual(['test']);
  });

  it('are had by one of many that ask at once', async () => {
    const asked = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        (at % 2 === 0 ? one : other).leases.take('work', `gateway-${at}`, LONG_MS),
      ),
    );
    expect(asked.filter((lease) => lease !== null)).toHaveLength(1);
  });

  /** A gateway's runner, with a job that writes what it is told to. */
  const startGateway = (ports: OpenPorts, holder: string, run: OnceJob['run'], isDue = () => true) => {
    const lines: unknown[] = [];
    const log = (fields: object) => void lines.push(fields);
    const runner = startJobs({
      jobs: [{ name: 'work', schedule: { everyMs: 20 }, once: { isDue }, run }],
      log: { info: log, warn: log, error: log } as never,
      monotonic: () => performance.now(),
      countFailure: (name) => log({ failed: name }),
      ...{ leases: ports.leases, holder },
    });
    runners.push(runner);
    return { lines, stop: runner.stop };
  };

  it('make a job run at one gateway, and at the other at once when the first has ended', async () => {
    const runs = { A: 0, B: 0 };
    const work = (holder: 'A' | 'B') => () => {
      runs[holder] += 1;
    };
    const first = startGateway(one, 'A', work('A'));
    await until('the first to work', () => runs.A >= 2);
    const second = startGateway(other, 'B', work('B'));
    await until('rounds to pass', () => runs.A >= 12);
    expect(runs.B).toBe(0);
    await first.stop();
    await until('the second to work', () => runs.B >= 2, { timeoutMs: 5_000 });
    expect([first.lines, second.lines]).toEqual([[], []]);
  });

  it('are not asked for while there is nothing to do', async () => {
    let asked = 0;
    const isDue = () => {
      asked += 1;
      return false;
    };
    startGateway(one, 'A', () => {}, isDue);
    await until('rounds to pass', () => asked >= 5);
    expect(await home.rows('SELECT name FROM leases')).toEqual([]);
  });

  it('let another gateway take over from one that stands still, and that one write nothing when it wakes', async () => {
    let wake = () => {};
    const asleep = new Promise<void>((resolve) => {
      wake = resolve;
    });
    let begun = false;
    const frozen = startGateway(one, 'A', async (lease) => {
      begun = true;
      await asleep;
      await addUnit(one, 'by the frozen one', lease);
    });
    await until('it to have begun', () => begun);
    await runOut();
    let written = 0;
    startGateway(other, 'B', async (lease) => {
      await addUnit(other, `by the other one ${++written}`, lease);
    });
    await until('the other one to work', () => written >= 2);
    wake();
    await until('it to notice', () => frozen.lines.length > 0);
    expect(frozen.lines).toEqual([{ code: 'lease-lost', job: 'work' }]);
    expect(await units()).not.toContain('by the frozen one');
  });
});
