/** What every adapter keeps of accounts, sessions and links, and how it is changed. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RecordedActor } from '../../gateway/domain/actor.ts';
import type { AuditLine, AuditTx, By } from '../../gateway/store/changes.ts';
import type {
  AccountRecord,
  LinkRecord,
  PeopleStore,
  PeopleTx,
  SessionRecord,
} from '../../gateway/store/people.ts';
import type { AuditDeps } from '../../gateway/store/sql/changes.ts';
import { addAccount, change } from '../support/change-people.ts';
import { type OpenPorts, type PortsHome, portHomes } from '../support/port-homes.ts';
import { addSmallTown, plant } from '../support/tree.ts';

const AT = 1_795_000_000_000;
const BY: By = { actor: { kind: 'cli', user: 'test' }, origin: 'local' };
const ROOT: RecordedActor = { kind: 'cli', user: 'root' };
const LINE: AuditLine = { by: BY, action: 'account.add', target: { kind: 'account', name: 'x' } };

const account = (name: string, change: Partial<AccountRecord> = {}): AccountRecord => ({
  name,
  displayName: `${name}同志`,
  role: 'operator',
  unitId: null,
  passwordHash: `hash of ${name}`,
  mustChangePassword: false,
  createdAt: AT,
  disabledAt: null,
  ...change,
});
const session = (id: string, accountName: string, change: Partial<SessionRecord> = {}): SessionRecord => ({
  id,
  accountName,
  createdAt: AT,
  lastUsedAt: AT,
  address: '10.0.0.1',
  userAgent: 'a browser',
  ...change,
});
const link = (id: string, change: Partial<LinkRecord> = {}): LinkRecord => ({
  id,
  kind: 'wall',
  name: '大屏',
  unitId: null,
  createdAt: AT,
  createdBy: { kind: 'account', name: 'boss' },
  lastUsedAt: null,
  expiresAt: AT + 1_000,
  revokedAt: null,
  ...change,
});
const hash = (text: string) => Buffer.from(text.padEnd(32, '.'));

describe.each(portHomes())('people in %s', (_name, createHome) => {
  let home: PortsHome;
  let opened: OpenPorts;
  let people: PeopleStore;
  let refusedAction: string | null = null;
  const audit: AuditDeps = {
    now: () => AT,
    admit({ action }) {
      if (action === refusedAction) throw new Error('the audit takes no more');
    },
  };
  const open = async () => {
    opened = await home.open(audit);
    people = opened.people;
  };
  const reopen = async () => {
    await opened.close();
    await open();
  };
  beforeEach(async () => {
    refusedAction = null;
    home = await createHome();
    await open();
    await addSmallTown(opened);
  });
  afterEach(async () => {
    await opened.close();
    await home.dispose();
  });
  const write = (act: (tx: PeopleTx) => Promise<void>) => change(people, act);
  const add = (...accounts: AccountRecord[]) =>
    write(async (tx) => {
      for (const one of accounts) await tx.addAccount(one);
    });
  /** Of what is done to people; oldest first. */
  const auditLines = async () => {
    const lines = await opened.audit.entries({ limit: 100 });
    return lines.filter(({ target }) => target !== 'data').reverse();
  };
  const names = async () => (await people.accounts()).map(({ name }) => name);

  describe('records', () => {
    it('keeps accounts, as they were and as they are changed', async () => {
      const boss = account('boss', { role: 'administrator' });
      const chief = account('chief', { role: 'unit-manager', unitId: 'town', mustChangePassword: true });
      await add(chief, boss);
      expect(await people.accounts()).toEqual([boss, chief]);
      await write((tx) => tx.changeAccount('chief', { mustChangePassword: false, disabledAt: AT + 1 }));
      await write((tx) => tx.changeAccount('chief', { role: 'auditor', unitId: null, displayName: '审计' }));
      await write((tx) => tx.changeAccount('nobody', { displayName: 'x' }));
      await reopen();
      const changed = { mustChangePassword: false, disabledAt: AT + 1, unitId: null };
      expect(await people.account('chief')).toEqual({
        ...{ ...chief, ...changed },
        role: 'auditor',
        displayName: '审计',
      });
      expect(await people.account('boss')).toEqual(boss);
      expect(await people.account('nobody')).toBeUndefined();
      await expect(add(boss)).rejects.toMatchObject({ code: 'name-taken' });
      for (const act of [
        () => add(account('x', { unitId: 'nowhere' })),
        () => write((tx) => tx.changeAccount('boss', { unitId: 'nowhere' })),
        () => write((tx) => tx.addLink(link('x', { unitId: 'nowhere' }), hash('x'))),
      ])
        await expect(act()).rejects.toMatchObject({ code: 'unit-unknown' });
      expect(await people.accounts()).toHaveLength(2);
    });

    it('finds a session by the hash of its token, with its account', async () => {
      const chief = account('chief', { role: 'unit-manager', unitId: 'town' });
      await add(chief);
      await write((tx) => tx.addSession(session('s-1', 'chief'), hash('one')));
      await reopen();
      expect(await people.sessionOf(hash('one'))).toEqual({
        session: session('s-1', 'chief'),
        account: chief,
      });
      expect(await people.sessionOf(hash('two'))).toBeUndefined();
      const used = [
        { id: 's-1', at: AT + 5 },
        { id: 's-1', at: AT + 3 },
        { id: 'gone', at: AT },
      ];
      await people.noteUse({ sessions: used, links: [], over: [] });
      expect((await people.sessionOf(hash('one')))?.session.lastUsedAt).toBe(AT + 5);
    });

    it('ends sessions one by one, of an account, and those that are over', async () => {
      await add(account('one'), account('two'));
      await write(async (tx) => {
        await tx.addSession(session('a', 'one', { createdAt: AT + 1 }), hash('a'));
        await tx.addSession(session('b', 'one', { createdAt: AT + 2 }), hash('b'));
        await tx.addSession(session('c', 'one', { createdAt: AT + 3 }), hash('c'));
        await tx.addSession(session('d', 'two', { lastUsedAt: AT + 9 }), hash('d'));
      });
      const ids = async (name: string | null) => (await people.sessions(name)).map(({ id }) => id);
      expect(await ids('one')).toEqual(['c', 'b', 'a']);
      expect(await ids(null)).toEqual(['c', 'b', 'a', 'd']);
      await write((tx) => tx.endSessions(['b', 'nothing']));
      await write((tx) => tx.endSessions([]));
      expect(await ids('one')).toEqual(['c', 'a']);
      await write((tx) => tx.endSessionsOf('one', 'a'));
      expect(await ids(null)).toEqual(['a', 'd']);
      const over = (id: string, unlessUsedAfter: number | null) =>
        people.noteUse({ sessions: [], links: [], over: [{ id, unlessUsedAfter }] });
      await over('nothing', null);
      await over('a', AT - 1);
      await over('d', AT + 8);
      expect(await ids(null)).toEqual(['a', 'd']);
      await over('d', AT + 9);
      expect(await ids(null)).toEqual(['a']);
      await over('a', null);
      expect(await ids(null)).toEqual([]);
      await write((tx) => tx.addSession(session('a', 'one'), hash('a')));
      await write((tx) => tx.endSessionsOf('one', null));
      await write((tx) => tx.endSessionsOf('one', null));
      expect(await ids(null)).toEqual([]);
      await expect(write((tx) => tx.addSession(session('e', 'nobody'), hash('e')))).rejects.toThrow();
    });

    it('keeps links, the revoked ones too', async () => {
      const ofTown = link('l-1', { unitId: 'town' });
      await write((tx) => tx.addLink(ofTown, hash('one')));
      await write((tx) => tx.addLink(link('l-2', { kind: 'metrics' }), hash('two')));
      await write((tx) => tx.revokeLink('l-1', AT + 1));
      await write((tx) => tx.revokeLink('l-1', AT + 2));
      const used = [
        { id: 'l-2', at: AT + 7 },
        { id: 'l-2', at: AT + 6 },
      ];
      await people.noteUse({ sessions: [], links: used, over: [] });
      await reopen();
      expect(await people.links()).toEqual([
        { ...ofTown, revokedAt: AT + 1 },
        link('l-2', { kind: 'metrics', lastUsedAt: AT + 7 }),
      ]);
      expect((await people.linkOf(hash('one')))?.revokedAt).toBe(AT + 1);
      expect(await people.linkOf(hash('three'))).toBeUndefined();
    });

    it('gives a link another end, and somebody else who answers for it', async () => {
      await write((tx) => tx.addLink(link('l-1'), hash('one')));
      await write((tx) => tx.extendLink('l-1', AT + 9, ROOT));
      await write((tx) => tx.extendLink('nothing', AT, ROOT));
      await reopen();
      expect(await people.links()).toEqual([link('l-1', { expiresAt: AT + 9, createdBy: ROOT })]);
    });

    it('knows again who answers for a link, whatever they are called, and leaves what it does not know as it stands', async () => {
      const makers: RecordedActor[] = [
        ...['', ':', 'gateway', 'account:li', 'a:b:c', '满意\n', '\u{1f600}'].flatMap(
          (name): RecordedActor[] => [
            { kind: 'account', name },
            { kind: 'cli', user: name },
            { kind: 'link', id: name },
          ],
        ),
        { kind: 'gateway' },
        { kind: 'unknown', text: 'job:nightly' },
        { kind: 'unknown', text: '' },
      ];
      for (const [at, createdBy] of makers.entries())
        await write((tx) => tx.addLink(link(`l-${at}`, { createdBy }), hash(`${at}`)));
      await reopen();
      expect((await people.links()).map(({ createdBy }) => createdBy)).toEqual(makers);
      expect((await people.linkOf(hash('1')))?.createdBy).toEqual(makers[1]);
    });

    it('takes another hash of the same password, unless the password was changed meanwhile', async () => {
      await add(account('one'));
      await people.renewPasswordHash('one', 'hash of one', 'anew');
      await people.renewPasswordHash('one', 'hash of one', 'too late');
      await people.renewPasswordHash('nobody', '', 'x');
      await reopen();
      expect((await people.account('one'))?.passwordHash).toBe('anew');
    });

    it('knows which unit is below which', async () => {
      await plant(opened, { units: [{ id: 'street', parentId: 'town', name: '街' }] });
      await plant(opened, { units: [{ id: 'elsewhere', name: '别处' }] });
      for (const [unit, top, within] of [
        ['town', 'town', true],
        ['street', 'town', true],
        ['town', 'street', false],
        ['elsewhere', 'town', false],
        ['nowhere', 'town', false],
        ['town', 'nowhere', false],
      ] as const)
        expect(await people.isUnitWithin(unit, top), `${unit} in ${top}`).toBe(within);
    });
  });

  describe('a change', () => {
    it('does not compile without its line in the audit, and nothing is written beside one', () => {
      const mistakes = (store: PeopleStore) => [
        // @ts-expect-error: it gives back nothing that the audit has given.
        () => store.change((tx) => tx.addAccount(account('x'))),
        // @ts-expect-error: nor does this.
        () => store.change(async () => 'done'),
        // @ts-expect-error: what the audit gives has still to come.
        () => store.change(async (tx) => ({ audited: tx.audited(LINE, 'done') })),
        // @ts-expect-error: writes are in a change only.
        () => store.addAccount(account('x')),
      ];
      expect(mistakes).toBeTypeOf('function');
    });

    it('is written with its line, and gives what it was told to give', async () => {
      const detail = { role: 'operator' };
      const given = await people.change(async (tx) => {
        await tx.addAccount(account('x'));
        expect(await tx.account('x')).toEqual(account('x'));
        return tx.audited({ ...LINE, detail }, 'what it returns');
      });
      expect(given).toBe('what it returns');
      await reopen();
      expect(await names()).toEqual(['x']);
      const told = { actor: 'cli:test', origin: 'local', action: 'account.add', target: 'account:x', detail };
      expect(await auditLines()).toMatchObject([{ at: AT, ...told }]);
    });

    it('that finds nothing to change says so, and not when it has written', async () => {
      expect(await people.change(async (tx) => tx.unchanged((await tx.accounts()).length))).toBe(0);
      const foundNothing = people.change(async (tx) => {
        await tx.endSessionsOf('nobody', null);
        return tx.unchanged('nothing');
      });
      expect(await foundNothing).toBe('nothing');
      await add(account('there'));
      const writes: ((tx: PeopleTx) => Promise<void>)[] = [
        (tx) => tx.addAccount(account('x')),
        (tx) => tx.changeAccount('there', { disabledAt: AT }),
        (tx) => tx.addLink(link('l'), hash('l')),
      ];
      for (const act of writes) {
        const unaudited = people.change(async (tx) => {
          await act(tx);
          return tx.unchanged('nothing');
        });
        await expect(unaudited).rejects.toThrow('must say so in the audit');
      }
      expect(await people.accounts()).toEqual([account('there')]);
      expect(await auditLines()).toHaveLength(1);
    });

    it('leaves nothing when the audit refuses its line, or an error comes before or after it; the next one works', async () => {
      await add(account('there'));
      const failing = [
        people.change(async (tx) => {
          await tx.addAccount(account('x'));
          return tx.audited({ ...LINE, action: 'refused' }, undefined);
        }),
        people.change(async (tx) => {
          await tx.addAccount(account('x'));
          throw new Error('thought better of it');
        }),
        people.change(async (tx) => {
          await tx.addAccount(account('x'));
          const given = await tx.audited(LINE, undefined);
          await tx.addAccount(account('there'));
          return given;
        }),
        // A statement that the database refuses.
        people.change(async (tx) => {
          await tx.addLink(link('l'), hash('same'));
          await tx.addLink(link('l'), hash('same'));
          return tx.audited(LINE, undefined);
        }),
      ];
      refusedAction = 'refused';
      const outcomes = await Promise.allSettled(failing);
      expect(outcomes.map(({ status }) => status)).toEqual(failing.map(() => 'rejected'));
      expect(outcomes[0]).toMatchObject({ reason: { message: 'the audit takes no more' } });
      expect(outcomes[1]).toMatchObject({ reason: { message: 'thought better of it' } });
      expect(outcomes[2]).toMatchObject({ reason: { code: 'name-taken' } });
      await add(account('next'));
      await reopen();
      expect(await names()).toEqual(['next', 'there']);
      expect(await people.links()).toEqual([]);
      expect(await auditLines()).toHaveLength(2);
    });

    it('neither sees nor loses what another one does at the same time', async () => {
      await add(account('tally', { displayName: '0' }));
      const increments = Array.from({ length: 50 }, (_, at) =>
        people.change(async (tx) => {
          const before = Number((await tx.account('tally'))?.displayName);
          await tx.changeAccount('tally', { displayName: String(before + 1) });
          if (at % 5 === 0) throw new Error('undone');
          return tx.audited(LINE, before);
        }),
      );
      const outcomes = await Promise.allSettled(increments);
      const seen = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, at) => at));
      expect((await people.account('tally'))?.displayName).toBe('40');
      const seqs = (await auditLines()).map((line) => (line as { seq: number }).seq);
      // One after the other, without a gap, after the lines that were there.
      const first = seqs[0] as number;
      expect(seqs).toEqual(Array.from({ length: 41 }, (_, at) => first + at));
    });

    it('is seen whole or not at all by who reads beside it', async () => {
      const reads: Promise<string[]>[] = [];
      const kept = people.change(async (tx) => {
        await tx.addAccount(account('a'));
        reads.push(names());
        await tx.addAccount(account('b'));
        reads.push(names());
        return tx.audited(LINE, undefined);
      });
      reads.push(names());
      const undone = people.change(async (tx) => {
        await tx.addAccount(account('c'));
        reads.push(names());
        throw new Error('undone');
      });
      await kept;
      await expect(undone).rejects.toThrow('undone');
      reads.push(names());
      expect(reads).toHaveLength(5);
      for (const read of reads) expect([[], ['a', 'b']]).toContainEqual(await read);
      expect(await reads[4]).toEqual(['a', 'b']);
    });

    it('is over when it is over: its `tx` writes nothing any more', async () => {
      let kept: (PeopleTx & AuditTx) | undefined;
      await people.change(async (tx) => {
        kept = tx;
        return tx.unchanged(undefined);
      });
      await expect(kept?.addAccount(account('late'))).rejects.toThrow();
      await expect(kept?.audited(LINE, undefined)).rejects.toThrow();
      expect(await people.accounts()).toEqual([]);
      expect(await auditLines()).toEqual([]);
    });
  });

  it('is there for many readers at once', async () => {
    await addAccount(people, account('one'));
    const found = await Promise.all(Array.from({ length: 200 }, () => people.account('one')));
    expect(new Set(found.map((one) => one?.name))).toEqual(new Set(['one']));
  });
});
