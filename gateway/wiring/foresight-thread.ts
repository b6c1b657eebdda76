/** The thread of `verdicts/foresight.ts`: a store that only reads, and rules of its own. */
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { CLOCK_TOLERANCE_MS } from '../domain/vote-time.ts';
import { openPostgresStore } from '../store/postgres/postgres-store.ts';
import { createSqliteReader, databaseFile } from '../store/sqlite/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import type { Foreseen } from '../store/verdicts.ts';
import type { Ask, Told } from '../verdicts/foresight.ts';
import { openRuleBook } from '../verdicts/rule-book.ts';
import { judgeStored } from '../verdicts/stored-verdicts.ts';
import type { ForesightSettings } from './foresight.ts';

/** What is found in that time takes about as long to write, while no vote is stored: a press waits for that, and a shorter one costs votes a second. */
const FOR_MS = 45;
/** Rules that are set meanwhile are read again. */
const TRIES = 5;
/** On Linux of this thread alone: votes come first. */
const PRIORITY = 5;

const { dataDir, database, timeZone } = workerData as ForesightSettings;
const now = Date.now;

async function openStore(): Promise<Pick<Store, 'rules' | 'verdicts'>> {
  if (database === null) return createSqliteReader(databaseFile(dataDir));
  return openPostgresStore({ address: database, dataDir, migrates: false, onlyReads: true });
}

async function open() {
  const { rules, verdicts } = await openStore();
  const book = await openRuleBook({ rules, timeZone });
  const judging = judgeStored(book, { now, aheadMs: CLOCK_TOLERANCE_MS });
  /** The last one may not be written yet. */
  let pending: Foreseen[] = [];
  return async ({ before, isAdopted }: Ask): Promise<Foreseen> => {
    pending = isAdopted ? pending.slice(-1) : [];
    for (let tries = TRIES; tries > 0; tries--) {
      const foreseen = await verdicts.foresee(judging, pending, { before, forMs: FOR_MS });
      judging.takeSeen();
      if (foreseen !== null) {
        pending.push(foreseen);
        return foreseen;
      }
      await book.reload(now());
    }
    // A database that went back in time, say: a new thread reads everything anew.
    throw new Error('the rules are others each time they are read');
  };
}

try {
  setPriority(0, PRIORITY);
} catch {
  // It may be forbidden: then it is one among equals.
}
const opening = open();
// Said to whoever asks.
opening.catch(() => {});
parentPort?.on('message', async (question: Ask) => {
  let told: Told;
  try {
    told = { foreseen: await (await opening)(question) };
  } catch (error) {
    told = { failed: error instanceof Error ? error.message : String(error) };
  }
  parentPort?.postMessage(told);
});
