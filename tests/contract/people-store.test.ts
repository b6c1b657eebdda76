/** What every store keeps of accounts, sessions and links. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AccountRecord, LinkRecord, SessionRecord } from '../../gateway/store/people.ts';
import type { Store } from '../../gateway/store/store.ts';
import { addSmallTown, createStoreHome, type StoreHome } from '../support/store.ts';

const AT = 1_795_000_000_000;
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
  createdBy: 'account:boss',
  lastUsedAt: null,
  expiresAt: AT + 1_000,
  revokedAt: null,
  ...change,
});
const hash = (text: string) => Buffer.from(text.padEnd(32, '.'));

describe('the SQLite store', () => {
  let home: StoreHome;
  let store: Store;
  beforeEach(() => {
    home = createStoreHome();
    store = home.open();
    addSmallTown(store);
  });
  afterEach(() => {
    store.close();
    home.dispose();
  });
  const reopen = () => {
    store.close();
    store = home.open();
  };

  it('keeps accounts, as they were and as they are changed', () => {
    const boss = account('boss', { role: 'administrator' });
    const chief = account('chief', { role: 'unit-manager', unitId: 'town', mustChangePassword: true });
    store.addAccount(chief);
    store.addAccount(boss);
    expect(store.accounts()).toEqual([boss, chief]);
    store.changeAccount('chief', { mustChangePassword: false, disabledAt: AT + 1 });
    store.changeAccount('chief', { role: 'auditor', unitId: null, displayName: '审计' });
    store.changeAccount('nobody', { displayName: 'x' });
    reopen();
    const changed = { mustChangePassword: false, disabledAt: AT + 1, unitId: null };
    expect(store.account('chief')).toEqual({ ...chief, ...changed, role: 'auditor', displayName: '审计' });
    expect(store.account('boss')).toEqual(boss);
    expect(store.account('nobody')).toBeUndefined();
    expect(() => store.addAccount(boss)).toThrow(expect.objectContaining({ code: 'name-taken' }));
    for (const act of [
      () => store.addAccount(account('x', { unitId: 'nowhere' })),
      () => store.changeAccount('boss', { unitId: 'nowhere' }),
      () => store.addLink(link('x', { unitId: 'nowhere' }), hash('x')),
    ])
      expect(act).toThrow(expect.objectContaining({ code: 'unit-unknown' }));
    expect(store.accounts()).toHaveLength(2);
  });

  it('finds a session by the hash of its token, with its account', () => {
    const chief = account('chief', { role: 'unit-manager', unitId: 'town' });
    store.addAccount(chief);
    store.addSession(session('s-1', 'chief'), hash('one'));
    reopen();
    expect(store.sessionOf(hash('one'))).toEqual({ session: session('s-1', 'chief'), account: chief });
    expect(store.sessionOf(hash('two'))).toBeUndefined();
    store.saveSessionsUsed([
      { id: 's-1', at: AT + 5 },
      { id: 's-1', at: AT + 3 },
      { id: 'gone', at: AT },
    ]);
    expect(store.sessionOf(hash('one'))?.session.lastUsedAt).toBe(AT + 5);
  });

  it('ends sessions one by one, of an account, and those that are too old', () => {
    for (const name of ['one', 'two']) store.addAccount(account(name));
    store.addSession(session('a', 'one', { createdAt: AT + 1 }), hash('a'));
    store.addSession(session('b', 'one', { createdAt: AT + 2 }), hash('b'));
    store.addSession(session('c', 'one', { createdAt: AT + 3 }), hash('c'));
    store.addSession(session('d', 'two', { lastUsedAt: AT + 9 }), hash('d'));
    const ids = (name: string | null) => store.sessions(name).map(({ id }) => id);
    expect(ids('one')).toEqual(['c', 'b', 'a']);
    expect(ids(null)).toEqual(['c', 'b', 'a', 'd']);
    store.endSession('b');
    expect(ids('one')).toEqual(['c', 'a']);
    expect(store.endSessionsOf('one', 'a')).toBe(1);
    expect(ids(null)).toEqual(['a', 'd']);
    store.endSessionsBefore(AT + 1, AT);
    expect(ids(null)).toEqual(['a']);
    store.endSessionsBefore(AT, AT + 1);
    expect(ids(null)).toEqual([]);
    store.addSession(session('e', 'one'), hash('e'));
    expect(store.endSessionsOf('one', null)).toBe(1);
    expect(store.endSessionsOf('one', null)).toBe(0);
  });

  it('keeps links, the revoked ones too', () => {
    const ofTown = link('l-1', { unitId: 'town' });
    store.addLink(ofTown, hash('one'));
    store.addLink(link('l-2', { kind: 'metrics' }), hash('two'));
    store.revokeLink('l-1', AT + 1);
    store.revokeLink('l-1', AT + 2);
    store.saveLinksUsed([
      { id: 'l-2', at: AT + 7 },
      { id: 'l-2', at: AT + 6 },
    ]);
    reopen();
    expect(store.links()).toEqual([
      { ...ofTown, revokedAt: AT + 1 },
      link('l-2', { kind: 'metrics', lastUsedAt: AT + 7 }),
    ]);
    expect(store.linkOf(hash('one'))?.revokedAt).toBe(AT + 1);
    expect(store.linkOf(hash('three'))).toBeUndefined();
  });

  it('gives a link another end, and somebody else who answers for it', () => {
    store.addLink(link('l-1'), hash('one'));
    store.extendLink('l-1', AT + 9, 'cli:root');
    store.extendLink('nothing', AT, 'cli:root');
    reopen();
    expect(store.links()).toEqual([link('l-1', { expiresAt: AT + 9, createdBy: 'cli:root' })]);
  });

  it('knows which unit is below which', () => {
    store.addUnit({ id: 'street', parentId: 'town', name: '街' });
    store.addUnit({ id: 'elsewhere', parentId: null, name: '别处' });
    for (const [unit, top, within] of [
      ['town', 'town', true],
      ['street', 'town', true],
      ['town', 'street', false],
      ['elsewhere', 'town', false],
      ['nowhere', 'town', false],
      ['town', 'nowhere', false],
    ] as const)
      expect(store.isUnitWithin(unit, top), `${unit} in ${top}`).toBe(within);
  });

  it('writes a change and its line in the audit, or neither', () => {
    const entry = {
      at: AT,
      actor: 'cli:root',
      origin: 'local',
      action: 'account.add',
      target: 'account:x',
      detail: {},
    };
    const act = () =>
      store.atomic(() => {
        store.appendAudit(entry);
        store.addAccount(account('x'));
        store.addAccount(account('x'));
      });
    expect(act).toThrow(expect.objectContaining({ code: 'name-taken' }));
    reopen();
    expect(store.accounts()).toEqual([]);
    expect(store.auditEntries({ limit: 10 })).toEqual([]);
    expect(store.atomic(() => 'what it returns')).toBe('what it returns');
  });

  it('exports the votes of the windows that are asked for', () => {
    expect([...store.exportVotes(0, 9e12, [])].flat()).toEqual([]);
  });
});
