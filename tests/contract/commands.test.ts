/** What every adapter keeps of journals put away, and of what terminals are told to do with them. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { By } from '../../gateway/store/changes.ts';
import type { CommandTx, PutAway } from '../../gateway/store/commands.ts';
import type { SetAside } from '../../protocol/health.ts';
import { batchOf } from '../support/ledger-home.ts';
import { type OpenPorts, type PortsHome, portHomes } from '../support/port-homes.ts';
import { voteRecord } from '../support/store.ts';
import { addSmallTown } from '../support/tree.ts';

const AT = 1_795_000_000_000;
const BY: By = { actor: { kind: 'cli', user: 'test' }, origin: 'local' };
const EPOCH = 'ab'.repeat(16);
const journal: SetAside = { id: 'j-1', at: AT, reason: 'corrupt', unsent: 3 };

describe.each(portHomes())('commands in %s', (_name, createHome) => {
  let home: PortsHome;
  let ports: OpenPorts;
  let [first, second] = [0, 0];
  beforeEach(async () => {
    home = await createHome();
    ports = await home.open();
    await addSmallTown(ports);
    first = (await ports.commands.terminalKey('t-1')) as number;
    second = (await ports.commands.terminalKey('t-2')) as number;
  });
  afterEach(async () => {
    await ports.close();
    await home.dispose();
  });
  const change = <T>(act: (tx: CommandTx) => Promise<T>) =>
    ports.commands.change(async (tx) => {
      const result = await act(tx);
      return tx.audited({ by: BY, action: 'journal.send', target: { kind: 'terminal', id: 't-1' } }, result);
    });
  const command = (id: string, terminalKey: number) => ({
    ...{ id, terminalKey, op: 'journal.send', args: { journal: 'j-1' }, reason: '坏卡' },
    ...{ madeAt: AT, madeBy: 'cli:test', expiresAt: AT + 1_000 },
  });
  const add = (...commands: ReturnType<typeof command>[]) =>
    change(async (tx) => {
      for (const one of commands) await tx.addCommand(one);
    });
  const open = async () => (await ports.commands.openCommands()).map(({ id }) => id);

  it('knows terminals by their ids', async () => {
    expect(first).not.toBe(second);
    expect(await ports.commands.terminalKey('t-9')).toBeUndefined();
  });

  it('keeps what is told to a terminal, the newest first, until it has answered', async () => {
    await add(command('c-1', first), command('c-2', second), command('c-3', first));
    const told = { ...command('c-1', first), deliveredAt: null, answer: null };
    expect(await ports.commands.commandsOf(first, 9)).toEqual([{ ...told, id: 'c-3' }, told]);
    expect((await ports.commands.commandsOf(first, 1)).map(({ id }) => id)).toEqual(['c-3']);
    expect(await open()).toEqual(['c-1', 'c-2', 'c-3']);

    await ports.commands.noteDelivered(['c-1', 'c-2', 'nothing'], AT + 5);
    await ports.commands.noteDelivered(['c-1'], AT + 6);
    await ports.commands.noteDelivered([], AT + 7);
    const answer = { at: AT + 9, ok: false, code: 'gone', detail: 'read 41' };
    expect(await change((tx) => tx.answerCommand('c-1', second, answer))).toBe(false);
    expect(await change((tx) => tx.answerCommand('c-1', first, answer))).toBe(true);
    expect(await change((tx) => tx.answerCommand('c-1', first, { ...answer, ok: true }))).toBe(false);
    const bare = { at: AT + 9, ok: true, code: null, detail: null };
    expect(await change((tx) => tx.answerCommand('c-3', first, bare))).toBe(true);

    await ports.close();
    ports = await home.open();
    expect(await open()).toEqual(['c-2']);
    expect(await ports.commands.commandsOf(first, 9)).toEqual([
      { ...told, id: 'c-3', answer: bare },
      { ...told, deliveredAt: AT + 5, answer },
    ]);
  });

  it('tells nobody the same thing twice, nor a terminal that there is not', async () => {
    await add(command('c-1', first));
    await expect(add(command('c-2', first), command('c-1', second))).rejects.toMatchObject({
      code: 'storage-failed',
    });
    await expect(add(command('c-3', 9_999))).rejects.toMatchObject({ code: 'storage-failed' });
    expect(await open()).toEqual(['c-1']);
  });

  const said = (terminalKey: number, reportedAt: number, ...journals: SetAside[]): PutAway => ({
    ...{ terminalKey, reportedAt, journals },
  });

  it('keeps the last word of each terminal on what is put away', async () => {
    const note = (...reports: PutAway[]) => ports.commands.notePutAway(reports, AT);
    await note(said(second, AT, journal), said(first, AT, journal, journal));
    expect(await ports.commands.putAway()).toEqual([
      said(first, AT, journal, journal),
      said(second, AT, journal),
    ]);
    await note(said(first, AT + 1, journal), said(second, AT + 1));
    expect(await ports.commands.putAway()).toEqual([said(first, AT + 1, journal), said(second, AT + 1)]);
    const half = note(said(first, AT + 2), said(9_999, AT + 2, journal));
    await expect(half).rejects.toMatchObject({ code: 'storage-failed' });
    expect(await ports.commands.putAway()).toEqual([said(first, AT + 1, journal), said(second, AT + 1)]);
  });

  it('takes nothing of it back for what another gateway writes late, but for what a wrong clock has said', async () => {
    const other = await home.open();
    await other.commands.notePutAway([said(first, AT), said(second, AT, journal)], AT);
    await ports.commands.notePutAway([said(first, AT - 1, journal), said(second, AT - 1)], AT + 1);
    expect(await ports.commands.putAway()).toEqual([said(first, AT), said(second, AT, journal)]);
    const day = 86_400_000;
    await other.commands.notePutAway([said(first, AT + day)], AT + day);
    await ports.commands.notePutAway([said(first, AT + 2, journal)], AT + 2);
    expect(await ports.commands.putAway()).toEqual([said(first, AT + 2, journal), said(second, AT, journal)]);
    await other.close();
  });

  it('gives up only what no gateway has brought meanwhile', async () => {
    await add(command('c-1', first), command('c-2', first));
    const other = await home.open();
    await other.commands.noteDelivered(['c-1'], AT);
    const expired = { at: AT, ok: false, code: 'expired', detail: null };
    const giveUp = (id: string) =>
      ports.commands.change(async (tx) => {
        const done = await tx.answerCommand(id, first, expired, 'undelivered');
        const line = { by: BY, action: 'test.answer', target: { kind: 'data' } } as const;
        return done ? tx.audited(line, done) : tx.unchanged(done);
      });
    expect([await giveUp('c-1'), await giveUp('c-2')]).toEqual([false, true]);
    expect(await open()).toEqual(['c-1']);
    await other.close();
  });

  it('writes off what a terminal will not send, in the change that tells it so', async () => {
    const { key } = await ports.ledger.openJournal(first, EPOCH);
    const lost = [{ journalKey: key, range: [2, 4] as [number, number], at: AT }];
    await ports.ledger.commit(batchOf({ votes: [voteRecord({ journalKey: key, seq: 1 })], lost }));
    const dropped = await change(async (tx) => {
      await tx.addCommand(command('c-1', first));
      expect(await tx.journals('t-1')).toMatchObject([{ epoch: EPOCH, lost: 3, writtenOff: 0 }]);
      return tx.writeOff('t-1', EPOCH, AT);
    });
    expect(dropped).toEqual({ lost: 3, onItsWay: 0 });
    expect(await ports.review.journals('t-1')).toMatchObject([{ lost: 3, writtenOff: 3 }]);
    const undone = change(async (tx) => {
      await tx.addCommand(command('c-2', first));
      await tx.writeOff('t-1', 'cd'.repeat(16), AT);
    });
    await expect(undone).rejects.toMatchObject({ code: 'journal-unknown' });
    expect(await open()).toEqual(['c-1']);
  });

  it('counts what is in conflict with what is stored, of one journal', async () => {
    expect(await ports.commands.countConflicts(first, EPOCH)).toBe(0);
    await home.rows(`INSERT INTO sources (key, terminal_key, epoch) VALUES (7, ${first}, '${EPOCH}')`);
    await home.rows(`INSERT INTO quarantine (received_at, reason, topic, source_key, seq, payload) VALUES
      (1, 'identity-conflict', 't', 7, 1, ''), (1, 'identity-conflict', 't', 7, 2, ''), (1, 'rating-unknown', 't', 7, 3, '')`);
    expect(await ports.commands.countConflicts(first, EPOCH)).toBe(2);
    expect(await ports.commands.countConflicts(second, EPOCH)).toBe(0);
  });
});
