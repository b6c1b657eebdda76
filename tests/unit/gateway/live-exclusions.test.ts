/** A vote that comes after another process has excluded its span, and before the gateway has read so, is left out all the same. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openExclusions } from '../../../gateway/scores/live-exclusions.ts';
import type { SqliteStore } from '../../../gateway/store/sqlite/sqlite-store.ts';
import type { ExcludedRow } from '../../../gateway/store/votes.ts';
import { decide } from '../../support/decide.ts';
import { batchOf } from '../../support/ledger-home.ts';
import { createStoreHome, type StoreHome, voteRecord } from '../../support/store.ts';
import { addSmallTown } from '../../support/tree.ts';

const BASE = 1_795_000_200_000;
let home: StoreHome;
let gateway: SqliteStore;
let cli: SqliteStore;
beforeEach(async () => {
  home = createStoreHome();
  gateway = home.open();
  await addSmallTown(gateway);
  cli = home.open();
});
afterEach(() => {
  gateway.close();
  cli.close();
  home.dispose();
});

const excluded = async () => {
  const rows: ExcludedRow[] = [];
  for await (const row of gateway.votes.excluded(0)) rows.push(row);
  return rows.map(({ windowKey, counts }) => [windowKey, ...counts]);
};
const exclude = (id: string) =>
  decide(cli.review, (tx) =>
    tx.exclude({
      ...{ id, terminalId: 't-1', from: BASE, to: BASE + 60_000 },
      ...{ reason: '试机', madeAt: BASE, madeBy: 'cli:test' },
    }),
  );

it('when it is read, as when it is taken back', async () => {
  const live = await openExclusions(gateway.review);
  const { key: journalKey } = await gateway.ledger.openJournal(1, 'ab'.repeat(16));
  const press = (seq: number) => {
    const vote = voteRecord({ journalKey, seq, at: BASE + seq, rating: 2 });
    const isExcluded = live.current().excludes(1, vote.at);
    return gateway.ledger.commit(batchOf({ votes: [isExcluded ? { ...vote, excluded: true } : vote] }));
  };
  await press(1);
  await exclude('x-1');
  await press(2);
  expect(await excluded()).toEqual([[1, 0, 0, 1]]);
  await live.reload();
  expect(await excluded()).toEqual([[1, 0, 0, 2]]);
  await press(3);
  expect(await excluded()).toEqual([[1, 0, 0, 3]]);

  await decide(cli.review, (tx) => tx.endExclusion('x-1', BASE));
  await press(4);
  expect(await excluded()).toEqual([[1, 0, 0, 1]]);
  await live.reload();
  expect(await excluded()).toEqual([]);
});
