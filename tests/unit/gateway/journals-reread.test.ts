/** A journal is read again while another gateway goes on storing votes of it: none is missing afterwards, and none passes for lost. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RatingCode } from '../../../gateway/domain/tally.ts';
import type { SqliteStore } from '../../../gateway/store/sqlite/sqlite-store.ts';
import { createIngestSide, EPOCH, NOW } from '../../support/ingest-side.ts';
import { batchOf } from '../../support/ledger-home.ts';
import { createStoreHome, voteRecord } from '../../support/store.ts';
import { addSmallTown } from '../../support/tree.ts';

const READINGS = 8;
let home: ReturnType<typeof createStoreHome>;
let store: SqliteStore;
beforeEach(async () => {
  home = createStoreHome();
  store = home.open();
  await addSmallTown(store);
});
afterEach(() => {
  store.close();
  home.dispose();
});

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
};

/** Its answers are `late` turns of the event loop old, every other one much older. */
const slowly = (late: number): SqliteStore => {
  let asked = 0;
  const wait = () => turns((asked++ % 2) * 3 * late + late);
  return {
    ...store,
    journals: {
      ...store.journals,
      async journal(key) {
        const found = await store.journals.journal(key);
        await wait();
        return found;
      },
    },
    ledger: {
      ...store.ledger,
      async accountedRanges(key) {
        await wait();
        return store.ledger.accountedRanges(key);
      },
    },
  };
};

it.each([0, 1, 2, 3, 5])('with answers that are %d turns late', async (late) => {
  for (const first of [1, 2]) {
    const { journals, ingest } = await createIngestSide(slowly(late));
    const epoch = EPOCH.replace('ab', `${first}${late}`);
    const { key: journalKey } = await store.ledger.openJournal(1, epoch);
    const readings: Promise<void>[] = [];
    let stored = 0;
    // From 2 on, there is a hole: then it is read number by number.
    for (let seq = first; stored < 40; seq++, stored++) {
      const vote = voteRecord({ journalKey, seq, at: NOW, rating: 0 as RatingCode });
      await store.ledger.commit(batchOf({ votes: [vote] }));
      const isUnclear = ingest.storedElsewhere([vote]).size > 0;
      if ((isUnclear && readings.length < READINGS) || seq % 10 === 0)
        readings.push(ingest.reread([journalKey]));
      await turns(1);
    }
    await Promise.all(readings);
    const totals = { satisfied: stored, basically: 0, unsatisfied: 0 };
    journals.saidElsewhere({ key: journalKey, totals, announced: stored + first - 1, implausible: false });
    const pending = first - 1;
    expect(journals.evidenceOf(1).journals.at(-1)).toMatchObject({
      ...{ state: pending > 0 ? 'pending' : 'complete', pending, lost: 0 },
    });
    ingest.stop();
  }
});

it('that two readings have begun to read, while nobody knows whose it is', async () => {
  const answers: (() => void)[] = [];
  const { journals, ingest } = await createIngestSide({
    ...store,
    journals: {
      ...store.journals,
      async journal(key) {
        const found = await store.journals.journal(key);
        await new Promise<void>((answer) => answers.push(answer));
        return found;
      },
    },
  });
  const { key: journalKey } = await store.ledger.openJournal(1, EPOCH);
  const storeElsewhere = async (seq: number) => {
    const vote = voteRecord({ journalKey, seq, at: NOW, rating: 0 });
    await store.ledger.commit(batchOf({ votes: [vote] }));
    ingest.storedElsewhere([vote]);
  };
  const read = () => {
    const reading = { isOver: false };
    void ingest.reread([journalKey]).then(() => {
      reading.isOver = true;
    });
    return reading;
  };
  /** All answers come but these. */
  const end = async (reading: { isOver: boolean }, ...late: number[]) => {
    while (!reading.isOver) {
      for (const [index, answer] of answers.entries()) if (!late.includes(index)) answer();
      await turns(1);
    }
  };
  await storeElsewhere(1);
  const first = read();
  await turns(1);
  await storeElsewhere(2);
  const second = read();
  await turns(1);
  await end(first, 1);
  await storeElsewhere(3);
  await end(second);
  const totals = { satisfied: 3, basically: 0, unsatisfied: 0 };
  journals.saidElsewhere({ key: journalKey, totals, announced: 3, implausible: false });
  expect(journals.evidenceOf(1).journals).toMatchObject([{ state: 'complete', pending: 0 }]);
});
