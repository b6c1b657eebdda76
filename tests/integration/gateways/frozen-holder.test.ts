/** A gateway's process that is frozen while it does what only one may do: another one takes over, and the first writes nothing more. */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Runner, startJobs } from '../../../gateway/jobs/runner.ts';
import type { Lease } from '../../../gateway/store/leases.ts';
import { openPostgresStore } from '../../../gateway/store/postgres/postgres-store.ts';
import type { Store } from '../../../gateway/store/store.ts';
import { type Cluster, POSTGRES, startCluster } from '../../support/postgres.ts';
import { have } from '../../support/prerequisites.ts';
import { reap } from '../../support/reaper.ts';
import { until } from '../../support/wait.ts';

const CHILD = new URL('../../support/leased-job-child.mjs', import.meta.url).pathname;

describe.skipIf(!have(POSTGRES))('a gateway that is frozen at its work', () => {
  let cluster: Cluster;
  let dataDir: string;
  let store: Store;
  let child: ChildProcess;
  let runner: Runner | null = null;
  const said: { lease?: Lease; said?: { code?: string }; wrote?: true }[] = [];

  beforeAll(async () => {
    cluster = await startCluster();
    dataDir = mkdtempSync(join(tmpdir(), 'manyi-frozen-'));
    const address = cluster.primary.address(await cluster.createDatabase());
    store = await openPostgresStore({ address, dataDir, migrates: true });
    child = fork(CHILD, [address, dataDir], { stdio: 'inherit' });
    reap(child);
    child.on('message', (message) => said.push(message as (typeof said)[number]));
  }, 60_000);
  afterAll(async () => {
    child.kill('SIGKILL');
    await runner?.stop();
    await store.close();
    await cluster.dispose();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('is taken over by another within the time that it had, and finds when it wakes that its work is not its own', async () => {
    await until('it to be at work', () => said.find(({ lease }) => lease));
    child.kill('SIGSTOP');
    let written = 0;
    const begun = performance.now();
    runner = startJobs({
      jobs: [
        {
          ...{ name: 'work', schedule: { everyMs: 50 }, once: { isDue: () => written === 0 } },
          async run(lease: Lease) {
            await store.org.change(async (tx) => {
              await tx.addUnit({ id: 'other', parentId: null, name: '' });
              const by = { actor: { kind: 'gateway' }, origin: 'local' } as const;
              return tx.audited({ by, action: 'test', target: { kind: 'data' } }, undefined);
            }, lease);
            written += 1;
          },
        },
      ],
      log: { info() {}, warn() {}, error() {} } as never,
      monotonic: () => performance.now(),
      countFailure: () => {},
      ...{ leases: store.leases, holder: 'the other one' },
    });
    await until('the other one to have taken over', () => written === 1);
    // It was had for ten seconds, and not renewed.
    expect(performance.now() - begun).toBeLessThan(12_000);
    child.kill('SIGCONT');
    child.send('go on');
    const word = await until('it to find out', () => said.find((one) => one.said !== undefined || one.wrote));
    expect(word.said).toMatchObject({ code: 'lease-lost', job: 'work' });
    expect((await store.org.units()).map(({ id }) => id)).toEqual(['other']);
  });
});
