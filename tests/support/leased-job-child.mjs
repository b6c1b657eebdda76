/** A gateway's runner in a process of its own, with one job that writes when it is told to; says what it does. */
import { pino } from 'pino';
import { startJobs } from '../../dist/gateway/jobs/runner.js';
import { openPostgresStore } from '../../dist/gateway/store/postgres/postgres-store.js';

const [address, dataDir] = process.argv.slice(2);
const store = await openPostgresStore({ address, dataDir, migrates: false });
const told = new Promise((resolve) => process.once('message', resolve));

async function run(lease) {
  process.send({ lease });
  await told;
  await store.org.change(async (tx) => {
    await tx.addUnit({ id: 'frozen', parentId: null, name: '' });
    const by = { actor: { kind: 'gateway' }, origin: 'local' };
    return tx.audited({ by, action: 'test', target: { kind: 'data' } }, undefined);
  }, lease);
  process.send({ wrote: true });
}

startJobs({
  jobs: [{ name: 'work', schedule: { everyMs: 50 }, once: { isDue: () => true }, run }],
  log: pino({ level: 'warn' }, { write: (line) => process.send({ said: JSON.parse(line) }) }),
  monotonic: () => performance.now(),
  countFailure: () => {},
  leases: store.leases,
  holder: 'the frozen one',
});
