/** A command line that stores votes of a journal while a gateway has the same store open. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { VoteRecord } from '../../gateway/store/ledger.ts';
import { batchOf, outcomesOf } from '../support/ledger-home.ts';
import { compareRollups } from '../support/ledger-recount.ts';
import { type OpenPorts, type PortsHome, portHomes } from '../support/port-homes.ts';
import { exported, voteRecord } from '../support/store.ts';
import { addSmallTown } from '../support/tree.ts';

const EPOCH = 'ab'.repeat(16);
const OTHER = 'cd'.repeat(16);
const TOLD = { last: 3, totals: { satisfied: 3, basically: 0, unsatisfied: 0 } };

describe.each(portHomes())('votes imported beside a gateway, in %s', (name, createHome) => {
  let home: PortsHome;
  let gateway: OpenPorts;
  let cli: OpenPorts;
  beforeEach(async () => {
    home = await createHome();
    gateway = await home.open();
    await addSmallTown(gateway);
    cli = await home.open();
  });
  afterEach(async () => {
    await gateway.close();
    await cli.close();
    await home.dispose();
  });
  const carry = (epoch: string, seqs: number[], isDry = false) => {
    const votes = seqs.map((seq) => {
      const { journalKey: _, ...vote } = voteRecord({ journalKey: 0, seq });
      return vote;
    });
    return cli.review.storeImported({ terminalKey: 1, epoch, ...TOLD }, votes, isDry);
  };
  const NONE = { stored: 0, duplicates: 0, conflicts: 0, held: 0 };
  const stored = async () => (await exported(gateway)).map(({ epoch, seq }) => `${epoch?.slice(0, 2)}${seq}`);
  const open = async (terminalKey: number, epoch: string) =>
    (await gateway.ledger.openJournal(terminalKey, epoch)).key;
  const keep = (votes: VoteRecord[]) => outcomesOf(gateway.ledger.commit(batchOf({ votes })));
  const journals = () => gateway.journals.journals();
  const decisions = async () =>
    (await home.rows<{ decisions: number }>('SELECT decisions FROM reviewed'))[0]?.decisions;

  it('never share a key with a journal that the gateway has begun and not written yet', async () => {
    const begun = await open(2, OTHER);
    expect(await carry(EPOCH, [1])).toEqual({ ...NONE, stored: 1 });
    expect(await keep([voteRecord({ journalKey: begun, seq: 1, windowKey: 2 })])).toEqual(['stored']);
    expect(await stored()).toEqual(['cd1', 'ab1']);
    expect(await open(1, EPOCH)).not.toBe(begun);
  });

  it('become those of the same journal when the gateway has begun it meanwhile', async () => {
    const begun = await open(1, EPOCH);
    expect(await carry(EPOCH, [1, 2])).toEqual({ ...NONE, stored: 2 });
    const votes = [2, 3].map((seq) => voteRecord({ journalKey: begun, seq }));
    expect(await keep(votes)).toEqual(['duplicate', 'stored']);
    expect(await stored()).toEqual(['ab1', 'ab2', 'ab3']);
    expect(await journals()).toMatchObject([{ key: begun, lastSeq: 3, announced: 3, totals: TOLD.totals }]);
    expect(await gateway.ledger.accountedRanges(begun)).toEqual([[1, 3]]);
    const { kept, counted } = await compareRollups(home);
    expect(kept).toEqual(counted);
  });

  it('are told to the gateway', async () => {
    await carry(EPOCH, [1]);
    expect(await decisions()).toBe(1);
  });

  it.runIf(name === 'SQLite')('leave the next keys small', async () => {
    await carry(EPOCH, [1]);
    await gateway.close();
    gateway = await home.open();
    expect(await open(2, OTHER)).toBe(1);
  });

  it('leave alone what waits in quarantine, and keep the other body of what is stored', async () => {
    const journalKey = await open(1, EPOCH);
    const aside = { receivedAt: 1, reason: 'too-fast', terminalKey: 1, topic: 't', payload: '{}' };
    const quarantine = [{ ...aside, journalKey, seq: 2 }];
    await gateway.ledger.commit(
      batchOf({ votes: [voteRecord({ journalKey, seq: 1, rating: 2 })], quarantine }),
    );
    expect(await carry(EPOCH, [1, 2, 3], true)).toEqual({ ...NONE, stored: 1, conflicts: 1, held: 1 });
    expect(await carry(EPOCH, [1, 2, 3])).toEqual({ ...NONE, stored: 1, conflicts: 1, held: 1 });
    expect(await stored()).toEqual(['ab1', 'ab3']);
    expect(await journals()).toMatchObject([{ quarantined: 1, held: 2 }]);
  });

  it('never take back what the terminal itself has told', async () => {
    const key = await open(1, EPOCH);
    const totals = { satisfied: 4, basically: 1, unsatisfied: 0 };
    await gateway.journals.saveAnnouncements([
      { journalKey: key, totals, announced: 5, known: { seq: 0, at: null }, floorAt: null },
    ]);
    expect((await journals())[0]?.key).toBe(key);
    await carry(EPOCH, [1]);
    expect(await journals()).toMatchObject([{ totals, announced: 5 }]);
  });

  it('are stored once, also when their terminal sends the same at the same time', async () => {
    const journalKey = await open(1, EPOCH);
    const seqs = Array.from({ length: 500 }, (_, index) => index + 1);
    const sent = Array.from({ length: 5 }, (_, part) =>
      keep(seqs.slice(part * 100, part * 100 + 100).map((seq) => voteRecord({ journalKey, seq }))),
    );
    const [carried, dry, ...outcomes] = await Promise.all([
      carry(EPOCH, seqs.toReversed()),
      carry(EPOCH, seqs, true),
      ...sent,
    ]);
    const stored = outcomes.flat().filter((outcome) => outcome === 'stored').length;
    expect(carried).toEqual({ ...NONE, stored: 500 - stored, duplicates: stored });
    expect(dry.stored + dry.duplicates).toBe(500);
    expect(await exported(gateway)).toHaveLength(500);
    const { kept, counted } = await compareRollups(home);
    expect(kept).toEqual(counted);
  });

  it('are only counted in a dry run', async () => {
    expect(await carry(EPOCH, [1, 2], true)).toEqual({ ...NONE, stored: 2 });
    expect([await stored(), await journals(), await decisions()]).toEqual([[], [], 0]);
    expect(await carry(EPOCH, [1, 2])).toEqual({ ...NONE, stored: 2 });
    expect(await carry(EPOCH, [1, 2, 3], true)).toEqual({ ...NONE, stored: 1, duplicates: 2 });
  });
});
