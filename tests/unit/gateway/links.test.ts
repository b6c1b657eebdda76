/** How long a link is good, by a clock that is told the time; and what becomes of those that were made before links ended. */
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAudit } from '../../../gateway/audit/audit.ts';
import { createLinkTokens } from '../../../gateway/people/link-tokens.ts';
import { LINK_EXPIRY } from '../../../gateway/store/sqlite/migrations/006-link-expiry.ts';
import { MIGRATIONS } from '../../../gateway/store/sqlite/migrations/index.ts';
import type { Store } from '../../../gateway/store/store.ts';
import { createStoreHome, type StoreHome } from '../../support/store.ts';

const AT = 1_795_000_000_000;
const DAY_MS = 86_400_000;
const CLI = { actor: 'cli:root', origin: 'local' };

describe('a link', () => {
  let home: StoreHome;
  let store: Store;
  let now = AT;
  beforeEach(() => {
    home = createStoreHome();
    store = home.open();
    now = AT;
  });
  afterEach(() => {
    store.close();
    home.dispose();
  });
  const links = () =>
    createLinkTokens(
      store,
      createAudit(store, () => now),
      () => now,
    );

  it('is good for a year unless told, listed when its end is near, and no use from then on', () => {
    const tokens = links();
    const { link, token } = tokens.add(CLI, { kind: 'wall', name: '大屏', unitId: null });
    const states: [days: number, state: string, good: boolean][] = [
      [0, 'good', true],
      [334.9, 'good', true],
      [335, 'ending', true],
      [364.99, 'ending', true],
      [365, 'expired', false],
      [4_000, 'expired', false],
    ];
    for (const [days, state, good] of states) {
      now = AT + days * DAY_MS;
      expect([tokens.list()[0]?.state, tokens.find(token) !== null], `day ${days}`).toEqual([state, good]);
    }
    tokens.extend(CLI, link.id, 2);
    expect(tokens.find(token)?.expiresAt).toBe(now + 2 * DAY_MS);
    tokens.revoke(CLI, link.id);
    expect(tokens.list()[0]?.state).toBe('revoked');
    for (const act of [() => tokens.revoke(CLI, link.id), () => tokens.extend(CLI, link.id)])
      expect(act).toThrow(expect.objectContaining({ code: 'link-revoked' }));
    expect(tokens.find(token)).toBeNull();
  });

  it('of somebody who is gone, or whom nobody knows, is no use', () => {
    const tokens = links();
    const account = { name: 'chief', displayName: 'x', role: 'operator', unitId: null } as const;
    store.addAccount({
      ...account,
      passwordHash: '',
      mustChangePassword: false,
      createdAt: AT,
      disabledAt: null,
    });
    const by = { actor: 'account:chief', origin: 'local' };
    const { token } = tokens.add(by, { kind: 'wall', name: '大屏', unitId: null });
    expect(tokens.find(token)).not.toBeNull();
    store.changeAccount('chief', { role: 'technician' });
    expect(tokens.find(token)).toBeNull();
    for (const actor of ['account:nobody', 'account:chief'])
      expect(() => tokens.add({ actor, origin: '' }, { kind: 'wall', name: 'x', unitId: null })).toThrow(
        expect.objectContaining({ code: 'role-insufficient' }),
      );
  });

  it('that has ended is brought back only where there is room for one more', () => {
    const tokens = links();
    store.addAccount({
      ...{ name: 'chief', displayName: 'x', role: 'operator', unitId: null, passwordHash: '' },
      ...{ mustChangePassword: false, createdAt: AT, disabledAt: null },
    });
    const by = { actor: 'account:chief', origin: 'local' };
    const add = () => tokens.add(by, { kind: 'wall', name: '大屏', unitId: null }).link.id;
    const ended = add();
    now += 366 * DAY_MS;
    store.atomic(() => {
      for (let made = 0; made < 300; made++) add();
    });
    const tooMany = expect.objectContaining({ code: 'links-too-many' });
    expect(add).toThrow(tooMany);
    expect(() => tokens.extend(by, ended)).toThrow(tooMany);
    const open = tokens.list().at(-1)?.id as string;
    expect(tokens.extend(by, open).state).toBe('good');
  });
});

describe('links that were made before they ended', () => {
  it('are good for a year from the update on, whatever the clock says', () => {
    const db = new Database(':memory:');
    const before = MIGRATIONS.slice(0, MIGRATIONS.indexOf(LINK_EXPIRY));
    for (const sql of before) db.exec(sql);
    const ahead = Date.now() + 1_000 * DAY_MS;
    const insert = db.prepare(
      "INSERT INTO links (id, kind, name, token_hash, created_at, created_by, last_used_at) VALUES (?, 'wall', 'x', ?, ?, 'cli:root', ?)",
    );
    insert.run('old', Buffer.from('1'), AT - 900 * DAY_MS, null);
    insert.run('later', Buffer.from('2'), ahead, null);
    insert.run('used', Buffer.from('3'), AT, ahead);
    db.exec(LINK_EXPIRY);
    const ends = db.prepare('SELECT expires_at FROM links ORDER BY key').pluck().all() as number[];
    const year = 365 * DAY_MS;
    expect(Math.abs((ends[0] as number) - Date.now() - year)).toBeLessThan(60_000);
    expect(ends.slice(1)).toEqual([ahead + year, ahead + year]);
    db.close();
  });
});
