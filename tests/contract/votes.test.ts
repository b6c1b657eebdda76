/** What every adapter of the ports that read back what is in the ledger must do: votes, journals, and what others have changed. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { QuarantineRecord, VoteRecord } from '../../gateway/store/ledger.ts';
import { addAccount } from '../support/change-people.ts';
import { decide } from '../support/decide.ts';
import { batchOf } from '../support/ledger-home.ts';
import { type OpenPorts, type PortsHome, portHomes } from '../support/port-homes.ts';
import { exported, voteRecord } from '../support/store.ts';
import { addSmallTown, plant } from '../support/tree.ts';

const EPOCH = 'ab'.repeat(16);
const MINUTE = 60_000;
const QUARTER = 15 * MINUTE;
const DAY = 96 * QUARTER;
const BASE = 1_795_000_000_000 - (1_795_000_000_000 % QUARTER);
const TIME = { from: 0, to: 9e12 };

describe.each(portHomes())('votes read back from %s', (name, createHome) => {
  let home: PortsHome;
  let store: OpenPorts;

  beforeEach(async () => {
    home = await createHome();
    store = await home.open();
    await addSmallTown(store);
  });
  afterEach(async () => {
    await store.close();
    await home.dispose();
  });

  const journal = async (terminalKey = 1) => (await store.ledger.openJournal(terminalKey, EPOCH)).key;
  const keep = (votes: VoteRecord[], more: Partial<Parameters<typeof batchOf>[0]> = {}) =>
    store.ledger.commit(batchOf({ votes, ...more }));
  const all = async <T>(rows: AsyncIterable<T>): Promise<T[]> => {
    const found: T[] = [];
    for await (const row of rows) found.push(row);
    return found;
  };
  const exclude = (id: string, from: number, to: number, terminalId = 't-1') =>
    decide(store.review, (tx) =>
      tx.exclude({ id, terminalId, from, to, reason: 'a test of it', madeAt: BASE, madeBy: 'cli:test' }),
    );

  it('are exported with whose they are, as they were stored', async () => {
    const journalKey = await journal();
    await keep([
      voteRecord({ journalKey, seq: 1 }),
      voteRecord({
        ...{ journalKey, seq: 2, rating: 2, claimedAt: 77, clock: 2 },
        ...{ receivedAt: BASE + 9, channel: 5 },
      }),
    ]);
    const at = voteRecord({ journalKey, seq: 1 }).at;
    const whose = { terminalId: 't-1', epoch: EPOCH, origin: null, key: null, windowId: 'w1' };
    const same = { ...whose, at, excluded: 0, verdict: 0, channel: 0 };
    expect(await exported(store)).toEqual([
      { ...same, seq: 1, rating: 0, clock: 0, receivedAt: at, claimedAt: null },
      { ...same, channel: 5, seq: 2, rating: 2, clock: 2, receivedAt: BASE + 9, claimedAt: 77 },
    ]);
  });

  it('are exported exactly of a span, in order of the press, of one window or of all', async () => {
    const journalKey = await journal();
    const times = [BASE - 1, BASE, BASE + 10, BASE + QUARTER, BASE + 3 * QUARTER];
    await keep(
      times.map((at, index) =>
        voteRecord({ journalKey, seq: times.length - index, at, windowKey: (index % 2) + 1 }),
      ),
    );
    const between = (from: number, to: number) => exported(store, { from, to });
    expect((await between(BASE, BASE + 3 * QUARTER)).map(({ at }) => at)).toEqual(times.slice(1, 4));
    const second = await exported(store, { ...TIME, windowKeys: [2] });
    expect(second.map(({ at, windowId }) => [at, windowId])).toEqual([
      [BASE, 'w2'],
      [BASE + QUARTER, 'w2'],
    ]);
    expect(await between(BASE + 11, BASE + QUARTER)).toEqual([]);
    expect(await exported(store, { ...TIME, windowKeys: [] })).toEqual([]);
  });

  it('are exported of a busy quarter of an hour in parts, each once and in order', async () => {
    const journalKey = await journal();
    const count = 25_001;
    const at = (index: number) => BASE + Math.floor((index * (QUARTER - 1)) / (count - 1));
    await keep(
      Array.from({ length: count }, (_, index) => voteRecord({ journalKey, seq: index + 1, at: at(index) })),
    );
    const numbers = (await exported(store)).map(({ seq }) => seq);
    expect(numbers).toEqual(Array.from({ length: count }, (_, index) => index + 1));
    expect(await exported(store, { from: at(9_999), to: at(20_000) })).toHaveLength(20_000 - 9_999);
  });

  it('are the newest of some windows, whoever pressed them and however they came', async () => {
    const [first, second] = [await journal(), await journal(2)];
    await keep([
      voteRecord({ journalKey: first, seq: 1, at: BASE - 9 * DAY }),
      voteRecord({ journalKey: first, seq: 2, at: BASE - QUARTER, rating: 1 }),
      // A number that was pressed later came before: the press decides.
      voteRecord({ journalKey: first, seq: 3, at: BASE + 5, rating: 2 }),
      voteRecord({ journalKey: first, seq: 4, at: BASE + 2 }),
      voteRecord({ journalKey: second, seq: 1, windowKey: 2, at: BASE + 3, rating: 1 }),
    ]);
    const newest = async (limit: number, ...keys: number[]) => {
      const windows = (await store.votes.lastVotes()).filter(({ windowKey }) => keys.includes(windowKey));
      const found = await store.votes.newestVotes(windows, limit);
      return found.map(({ windowKey, seq, rating, at }) => [windowKey, seq, rating, at - BASE]);
    };
    expect(await newest(30, 1, 2)).toEqual([
      [1, 3, 2, 5],
      [2, 1, 1, 3],
      [1, 4, 0, 2],
      [1, 2, 1, -QUARTER],
    ]);
    expect(await newest(2, 1, 2)).toEqual([
      [1, 3, 2, 5],
      [2, 1, 1, 3],
    ]);
    expect(await newest(30, 2)).toEqual([[2, 1, 1, 3]]);
    expect(await newest(30)).toEqual([]);
    // All of one quarter of an hour, of which only some may be wanted.
    await keep(
      Array.from({ length: 200 }, (_, at) =>
        voteRecord({ journalKey: first, seq: 10 + at, at: BASE + 100 + at }),
      ),
    );
    expect((await newest(3, 1, 2)).map(([, , , at]) => at)).toEqual([299, 298, 297]);
  });

  it('say of every window when its latest was pressed', async () => {
    const journalKey = await journal();
    expect(await store.votes.lastVotes()).toEqual([]);
    await keep([
      voteRecord({ journalKey, seq: 1, at: BASE + QUARTER }),
      voteRecord({ journalKey, seq: 2, at: BASE }),
      voteRecord({ journalKey, seq: 3, at: BASE - 40 * DAY, windowKey: 2 }),
    ]);
    expect(await store.votes.lastVotes()).toEqual([
      { windowKey: 1, lastAt: BASE + QUARTER },
      { windowKey: 2, lastAt: BASE - 40 * DAY },
    ]);
  });

  it('are counted by the minute from a moment on, those that are excluded apart', async () => {
    const [first, second] = [await journal(), await journal(2)];
    const at = (minutes: number, ms = 0) => BASE + minutes * MINUTE + ms;
    await keep([
      voteRecord({ journalKey: first, seq: 1, at: at(-20) }),
      voteRecord({ journalKey: first, seq: 2, at: at(0, 1) }),
      voteRecord({ journalKey: first, seq: 3, at: at(0, 59_999) }),
      voteRecord({ journalKey: first, seq: 4, at: at(0, 30_000), rating: 2 }),
      voteRecord({ journalKey: second, seq: 1, at: at(0, 30_000), rating: 2 }),
      voteRecord({ journalKey: second, seq: 2, at: at(17), rating: 1, windowKey: 2 }),
    ]);
    await exclude('x-1', at(0, 30_000), at(0, 30_001));
    await exclude('x-2', at(0), at(30));
    await decide(store.review, (tx) => tx.endExclusion('x-2', BASE));
    const rows = async (from: number) =>
      (await all(store.votes.minutes(from)))
        .map((row) => [(row.minuteStart - BASE) / MINUTE, row.windowKey, row.rating, row.excluded, row.votes])
        .map(String)
        .sort();
    expect(await rows(at(0))).toEqual(['0,1,0,false,2', '0,1,2,false,1', '0,1,2,true,1', '17,2,1,false,1']);
    expect(await rows(at(0, 2))).toContain('0,1,0,false,1');
    expect(await rows(at(-20))).toContain('-20,1,0,false,1');
    expect(await rows(at(18))).toEqual([]);
  });

  it('say how many are excluded of a quarter of an hour, years apart', async () => {
    const journalKey = await journal();
    const times = [BASE - 400 * DAY, BASE, BASE + 1, BASE + 2];
    await keep(
      times.map((at, index) => voteRecord({ journalKey, seq: index + 1, at, rating: (index % 3) as 0 })),
    );
    expect(await all(store.votes.excluded(0))).toEqual([]);
    await exclude('x-1', 0, BASE + 2);
    const old = { quarterStart: BASE - 400 * DAY, windowKey: 1, counts: [1, 0, 0] };
    const now = { quarterStart: BASE, windowKey: 1, counts: [0, 1, 1] };
    expect(await all(store.votes.excluded(0))).toEqual([old, now]);
    expect(await all(store.votes.excluded(BASE))).toEqual([now]);
    expect((await exported(store)).map(({ excluded }) => excluded)).toEqual([1, 1, 1, 0]);
  });

  it('say how many each terminal has had since, over all of its journals', async () => {
    const [first, second] = [await journal(), await journal(2)];
    const other = (await store.ledger.openJournal(1, 'cd'.repeat(16))).key;
    await keep([
      voteRecord({ journalKey: first, seq: 1, at: BASE - 1 }),
      voteRecord({ journalKey: first, seq: 2, at: BASE }),
      voteRecord({ journalKey: other, seq: 1, at: BASE + 1, windowKey: 2 }),
      voteRecord({ journalKey: second, seq: 1, at: BASE + 9 * QUARTER }),
    ]);
    expect(await all(store.votes.storedSince(BASE))).toEqual([
      { terminalKey: 1, quarterStart: BASE, votes: 2 },
      { terminalKey: 2, quarterStart: BASE + 9 * QUARTER, votes: 1 },
    ]);
  });

  it('that were set aside are told with their reason, and whose they were if that is known', async () => {
    const journalKey = await journal(2);
    const record = { receivedAt: BASE, reason: 'rating-unknown', topic: 't', payload: '{}' };
    const quarantine: QuarantineRecord[] = [
      { ...record, terminalKey: null, journalKey: null, seq: null, reason: 'json-invalid' },
      { ...record, terminalKey: 1, journalKey: null, seq: null, reason: 'schema-invalid' },
      { ...record, terminalKey: null, journalKey, seq: 3 },
    ];
    for (const one of quarantine) await keep([], { quarantine: [one] });
    expect(await store.votes.setAside(10)).toEqual([
      { ...record, terminalId: 't-2', seq: 3 },
      { ...record, terminalId: 't-1', seq: null, reason: 'schema-invalid' },
      { ...record, terminalId: null, seq: null, reason: 'json-invalid' },
    ]);
    expect(await store.votes.setAside(1)).toHaveLength(1);
  });

  describe('journals', () => {
    it('are apart by terminal and epoch, each with what is stored of it', async () => {
      const other = (await store.ledger.openJournal(1, 'cd'.repeat(16))).key;
      const keys = [await journal(), other, await journal(2)];
      expect(new Set(keys).size).toBe(3);
      await keep(keys.map((journalKey) => voteRecord({ journalKey, seq: 1 })));
      await store.close();
      store = await home.open();
      const kept = await store.journals.journals();
      expect(kept.map(({ key }) => key)).toEqual(keys.toSorted((a, b) => a - b));
      expect(kept.map(({ stored, lastSeq }) => [stored.satisfied, lastSeq])).toEqual(Array(3).fill([1, 1]));
    });

    it('count a number once that was set aside first and then sent well', async () => {
      const journalKey = await journal();
      const record = { receivedAt: BASE, reason: 'rating-unknown', terminalKey: 1, topic: 't' };
      const quarantine = [{ ...record, journalKey, seq: 3, payload: '{}' }];
      const lost = [{ journalKey, range: [8, 9] as [number, number], at: BASE }];
      await keep(
        [1, 2, 6].map((seq) => voteRecord({ journalKey, seq })),
        { quarantine },
      );
      await keep([], { lost });
      const before = { quarantined: 1, held: 1, hasLost: true, stored: { satisfied: 3 }, lastSeq: 6 };
      expect(await store.journals.journals()).toMatchObject([before]);
      const alone = {
        ...before,
        accounted: [
          [1, 3],
          [6, 6],
          [8, 9],
        ],
      };
      expect(await store.journals.journal(journalKey)).toMatchObject(alone);
      await keep([voteRecord({ journalKey, seq: 3 })]);
      const after = { quarantined: 0, held: 0, stored: { satisfied: 4 } };
      expect(await store.journals.journals()).toMatchObject([after]);
    });

    it('keep what their terminals said, which only grows', async () => {
      const journalKey = await journal();
      const totals = { satisfied: 4, basically: 1, unsatisfied: 0 };
      const said = { totals, announced: 5, known: { seq: 5, at: BASE }, floorAt: BASE - 1 };
      await store.journals.saveAnnouncements([{ journalKey, ...said }]);
      await store.close();
      store = await home.open();
      expect(await store.journals.journals()).toMatchObject([{ key: journalKey, ...said }]);
      await store.journals.saveAnnouncements([
        { journalKey, ...said, announced: 3, known: { seq: 2, at: BASE + 1 } },
      ]);
      const kept = async () => (await store.journals.journals())[0];
      expect(await kept()).toMatchObject({ announced: 5, known: { seq: 5, at: BASE } });
      // Of a gateway that has it from before, and writes late.
      const other = await home.open();
      const older = { satisfied: 1, basically: 2, unsatisfied: 0 };
      const late = { totals: older, announced: 4, known: { seq: 5, at: BASE - 9 }, floorAt: null };
      await other.journals.saveAnnouncements([{ journalKey, ...late }]);
      await other.journals.saveAnnouncements([
        { journalKey, ...late, totals: null, known: { seq: 0, at: null } },
      ]);
      expect(await kept()).toMatchObject(said);
      const newer = { satisfied: 4, basically: 1, unsatisfied: 1 };
      await other.journals.saveAnnouncements([
        { journalKey, ...late, totals: newer, known: { seq: 5, at: BASE + 3 }, floorAt: BASE },
      ]);
      expect(await kept()).toMatchObject({ ...said, totals: newer, known: { seq: 5, at: BASE + 3 } });
      await other.close();
    });
  });

  // SQLite tells of everything.
  it.runIf(name === 'PostgreSQL')(
    'are not read again for what is asked for each time, as people are',
    async () => {
      const other = await home.open();
      const before = await store.upkeep.foreignVersion();
      await addAccount(other.people, {
        ...{ name: 'li', displayName: 'li', role: 'operator', unitId: null, passwordHash: 'x' },
        ...{ mustChangePassword: false, createdAt: BASE, disabledAt: null },
      });
      expect(await store.upkeep.foreignVersion()).toBe(before);
      expect(await store.people.account('li')).toBeDefined();
      await other.close();
    },
  );

  it('are not noted by others unnoticed, where nobody has done anything', async () => {
    const other = await home.open();
    const notes: (() => Promise<void>)[] = [
      () => {
        const use = { serial: 'AA', terminalKey: 1, publicKey: '00', expiresAt: BASE + 1, at: BASE };
        return other.fleet.noteCertificateUses([use]);
      },
      () => other.commands.notePutAway([{ terminalKey: 1, reportedAt: BASE, journals: [] }], BASE),
    ];
    for (const note of notes) {
      const before = await store.upkeep.foreignVersion();
      await note();
      expect(await store.upkeep.foreignVersion()).not.toBe(before);
    }
    await other.close();
  });

  it('are not changed by others unnoticed, and not by oneself', async () => {
    const before = await store.upkeep.foreignVersion();
    await keep([voteRecord({ journalKey: await journal(), seq: 1 })]);
    expect(await store.upkeep.foreignVersion()).toBe(before);
    const other = await home.open();
    await plant(other, { windows: [{ id: 'w3', unitId: 'town', name: '3号窗口' }] });
    const decided = await store.upkeep.decisions();
    await decide(other.review, (tx) => tx.dismiss({}, BASE));
    await other.close();
    expect(await store.upkeep.foreignVersion()).not.toBe(before);
    expect(await store.upkeep.decisions()).toBeGreaterThan(decided);
    expect(await store.org.windows()).toHaveLength(3);
  });

  it('can be written while the storage can', async () => {
    expect(await store.upkeep.probe()).toMatchObject({ reopened: expect.any(Boolean) });
  });
});
