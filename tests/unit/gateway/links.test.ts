/** How long a link is good, by a clock that is told the time; and what becomes of those that were made before links ended. */
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readActor } from '../../../gateway/domain/actor.ts';
import { createLinkTokens } from '../../../gateway/people/link-tokens.ts';
import type { By } from '../../../gateway/store/changes.ts';
import { LINK_EXPIRY } from '../../../gateway/store/sqlite/migrations/006-link-expiry.ts';
import { HISTORY } from '../../../gateway/store/sqlite/migrations/index.ts';
import type { SqliteStore } from '../../../gateway/store/sqlite/sqlite-store.ts';
import { addAccount, change } from '../../support/change-people.ts';
import { createStoreHome, type StoreHome } from '../../support/store.ts';

const AT = 1_795_000_000_000;
const DAY_MS = 86_400_000;
const CLI: By = { actor: { kind: 'cli', user: 'root' }, origin: 'local' };

describe('a link', () => {
  let home: StoreHome;
  let store: SqliteStore;
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
  const links = () => createLinkTokens(store.people, () => now);

  it('is good for a year unless told, listed when its end is near, and no use from then on', async () => {
    const tokens = links();
    const { link, token } = await tokens.add(CLI, { kind: 'wall', name: '大屏', unitId: null });
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
      expect([(await tokens.list())[0]?.state, (await tokens.find(token)) !== null], `day ${days}`).toEqual([
        state,
        good,
      ]);
    }
    await tokens.extend(CLI, link.id, 2);
    expect((await tokens.find(token))?.expiresAt).toBe(now + 2 * DAY_MS);
    await tokens.revoke(CLI, link.id);
    expect((await tokens.list())[0]?.state).toBe('revoked');
    for (const act of [() => tokens.revoke(CLI, link.id), () => tokens.extend(CLI, link.id)])
      await expect(act()).rejects.toMatchObject({ code: 'link-revoked' });
    expect(await tokens.find(token)).toBeNull();
  });

  it('of somebody who is gone, or whom nobody knows, is no use', async () => {
    const tokens = links();
    const account = { name: 'chief', displayName: 'x', role: 'operator', unitId: null } as const;
    await addAccount(store.people, {
      ...account,
      passwordHash: '',
      mustChangePassword: false,
      createdAt: AT,
      disabledAt: null,
    });
    const by: By = { actor: { kind: 'account', name: 'chief' }, origin: 'local' };
    const { token } = await tokens.add(by, { kind: 'wall', name: '大屏', unitId: null });
    expect(await tokens.find(token)).not.toBeNull();
    await change(store.people, (tx) => tx.changeAccount('chief', { role: 'technician' }));
    expect(await tokens.find(token)).toBeNull();
    for (const name of ['nobody', 'chief'])
      await expect(
        tokens.add(
          { actor: { kind: 'account', name }, origin: '' },
          { kind: 'wall', name: 'x', unitId: null },
        ),
      ).rejects.toMatchObject({ code: 'role-insufficient' });
  });

  it('of somebody whose kind this gateway does not know is no use either', async () => {
    const tokens = links();
    const { link, token } = await tokens.add(CLI, { kind: 'wall', name: '大屏', unitId: null });
    await change(store.people, (tx) => tx.extendLink(link.id, link.expiresAt, readActor('job:nightly')));
    expect((await tokens.list())[0]).toMatchObject({
      createdBy: { kind: 'unknown', text: 'job:nightly' },
      state: 'maker-barred',
    });
    expect(await tokens.find(token)).toBeNull();
  });

  it('that has ended is brought back only where there is room for one more', async () => {
    const tokens = links();
    await addAccount(store.people, {
      ...{ name: 'chief', displayName: 'x', role: 'operator', unitId: null, passwordHash: '' },
      ...{ mustChangePassword: false, createdAt: AT, disabledAt: null },
    });
    const by: By = { actor: { kind: 'account', name: 'chief' }, origin: 'local' };
    const add = async () => (await tokens.add(by, { kind: 'wall', name: '大屏', unitId: null })).link.id;
    const ended = await add();
    now += 366 * DAY_MS;
    for (let made = 0; made < 300; made++) await add();
    const tooMany = { code: 'links-too-many' };
    await expect(add()).rejects.toMatchObject(tooMany);
    await expect(tokens.extend(by, ended)).rejects.toMatchObject(tooMany);
    const open = (await tokens.list()).at(-1)?.id as string;
    expect((await tokens.extend(by, open)).state).toBe('good');
  });
});

describe('links that were made before they ended', () => {
  it('are good for a year from the update on, whatever the clock says', () => {
    const db = new Database(':memory:');
    const before = HISTORY.slice(0, HISTORY.indexOf(LINK_EXPIRY));
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
