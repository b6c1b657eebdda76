/** What several people do at the same moment: each finds what the other has done, or what was there before it, and no mixture. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAccounts } from '../../../gateway/people/accounts.ts';
import { createLinkTokens } from '../../../gateway/people/link-tokens.ts';
import { createPasswords } from '../../../gateway/people/passwords.ts';
import { createPeople, DEFAULT_SESSION_LIMITS } from '../../../gateway/people/people.ts';
import { createSessions } from '../../../gateway/people/sessions.ts';
import { createSignIn } from '../../../gateway/people/sign-in.ts';
import { createSignInThrottle } from '../../../gateway/people/sign-in-throttle.ts';
import type { By } from '../../../gateway/store/changes.ts';
import { StoreFailure } from '../../../gateway/store/failures.ts';
import type { AccountRecord, PeopleStore } from '../../../gateway/store/people.ts';
import type { SqliteStore } from '../../../gateway/store/sqlite/sqlite-store.ts';
import { addAccount } from '../../support/change-people.ts';
import { createStoreHome, type StoreHome } from '../../support/store.ts';

const AT = 1_795_000_000_000;
const DAY_MS = 86_400_000;
const CLI: By = { actor: { kind: 'cli', user: 'root' }, origin: 'local' };
const CALLER = { address: '10.0.0.1', userAgent: 'a browser' };
const MINUTE_MS = 60_000;
const LIMITS = { absoluteMs: 10_000, idleMs: 4_000 };
const LONG = DEFAULT_SESSION_LIMITS;
const PASSWORD = 'a horse that is correct';

let home: StoreHome;
let store: SqliteStore;
let wall: number;
let mono: number;
const now = () => wall;
const monotonic = () => mono;
const passwords = createPasswords({ costLog2: 4, blockSize: 8, parallel: 1 });

beforeEach(() => {
  home = createStoreHome();
  store = home.open();
  [wall, mono] = [AT, 1_000_000];
});
afterEach(() => {
  store.close();
  home.dispose();
});

const actions = async () =>
  (await store.audit.entries({ limit: 1_000 })).map(({ action }) => action).reverse();
const createAll = async (people: PeopleStore = store.people) => {
  const throttle = createSignInThrottle(monotonic);
  const sessions = await createSessions(people, LIMITS, now, monotonic);
  const links = createLinkTokens(people, now);
  return {
    ...{ sessions, links },
    accounts: createAccounts({ store: people, passwords, throttle, now }),
    signIn: createSignIn({ store: people, passwords, sessions, links, throttle, monotonic }),
  };
};
const account = async (name: string, change: Partial<AccountRecord> = {}): Promise<AccountRecord> => {
  const record: AccountRecord = {
    ...{ name, displayName: name, role: 'operator', unitId: null, mustChangePassword: false },
    ...{ passwordHash: await passwords.hash(PASSWORD), createdAt: AT, disabledAt: null },
    ...change,
  };
  await addAccount(store.people, record);
  return record;
};
/** @returns how many were done, and the codes of the others. */
const settle = async (acts: readonly Promise<unknown>[]) => {
  const outcomes = await Promise.allSettled(acts);
  const refused = outcomes.flatMap((one) =>
    one.status === 'rejected' ? [(one.reason as { code?: string }).code ?? String(one.reason)] : [],
  );
  return { done: outcomes.length - refused.length, refused };
};

describe('signing in', () => {
  it.each([
    [
      'disabled',
      (all: Awaited<ReturnType<typeof createAll>>) => all.accounts.change(CLI, 'li', { disabled: true }),
    ],
    [
      'given another password',
      (all: Awaited<ReturnType<typeof createAll>>) => all.accounts.resetPassword(CLI, 'li'),
    ],
  ])('while the account is %s leaves no session open', async (_what, change) => {
    await account('boss', { role: 'administrator' });
    await account('li');
    const all = await createAll();
    // Every moment at which it can happen: before the proof, within it, after it.
    for (let steps = 0; steps < 60; steps += 3) {
      const changed = (async () => {
        for (let step = 0; step < steps; step++) await null;
        if (steps % 2 === 0) await new Promise((resolve) => void setImmediate(resolve));
        await change(all);
      })();
      const [signedIn] = await Promise.allSettled([all.signIn.byPassword('li', PASSWORD, CALLER), changed]);
      await changed;
      if (signedIn.status === 'rejected')
        expect(signedIn.reason).toMatchObject({ code: 'credentials-wrong' });
      else expect(await all.sessions.find(signedIn.value.token)).toBeNull();
      expect(await store.people.sessions(null)).toEqual([]);
      // The 20 attempts come from one place, and some are refused.
      mono += 3_600_000;
      const { passwordHash } = (await store.people.account('li')) as AccountRecord;
      await all.accounts.change(CLI, 'li', { disabled: false });
      await store.people.renewPasswordHash('li', passwordHash, await passwords.hash(PASSWORD));
    }
  });

  it('with what was proved before the account was changed opens nothing', async () => {
    await account('boss', { role: 'administrator' });
    const proved = await account('li');
    const { sessions, accounts } = await createAll();
    const refused = { code: 'credentials-wrong' };
    await accounts.change(CLI, 'li', { disabled: true });
    await expect(sessions.open(proved, '', '')).rejects.toMatchObject(refused);
    await accounts.change(CLI, 'li', { disabled: false });
    await sessions.open(proved, '', '');
    await accounts.resetPassword(CLI, 'li');
    await expect(sessions.open(proved, '', '')).rejects.toMatchObject(refused);
    expect(await store.people.sessions(null)).toEqual([]);
  });

  it('thirty times at once leaves the sessions that an account may have', async () => {
    const proved = await account('li');
    const { sessions } = await createAll();
    const opened = await Promise.all(Array.from({ length: 30 }, () => sessions.open(proved, '10.0.0.1', '')));
    expect(await sessions.list('li')).toHaveLength(20);
    const found = await Promise.all(opened.map(({ token }) => sessions.find(token)));
    expect(found.filter((one) => one !== null)).toHaveLength(20);
  });
});

describe('accounts', () => {
  it('are begun once by two who start at once, in one process or in two', async () => {
    const other = home.open();
    const [one, two] = [(await createAll()).accounts, (await createAll(other.people)).accounts];
    const told = await Promise.all([
      one.ensureFirst('admin', null),
      two.ensureFirst('admin', null),
      one.ensureFirst('boss', null),
    ]);
    expect(told.filter((password) => password !== null)).toHaveLength(1);
    expect(await store.people.accounts()).toHaveLength(1);
    expect(await actions()).toEqual(['account.add']);
    other.close();
  });

  it('keep an administrator when each of two takes the other one away', async () => {
    const { accounts } = await createAll();
    for (const name of ['a', 'b']) await account(name, { role: 'administrator' });
    const { done, refused } = await settle([
      accounts.change(CLI, 'a', { disabled: true }),
      accounts.change(CLI, 'b', { role: 'operator' }),
    ]);
    expect([done, refused]).toEqual([1, ['administrator-last']]);
  });

  it('of one name are added once, and disabled once, with one line', async () => {
    await account('boss', { role: 'administrator' });
    const { accounts } = await createAll();
    const li = { name: 'li', displayName: '李', role: 'operator', unitId: null } as const;
    expect(await settle([accounts.add(CLI, li), accounts.add(CLI, li)])).toEqual({
      done: 1,
      refused: ['name-taken'],
    });
    const disable = () => accounts.change(CLI, 'li', { disabled: true });
    expect((await settle([disable(), disable(), disable()])).done).toBe(3);
    expect((await actions()).slice(1)).toEqual(['account.add', 'account.disable']);
  });

  it('take one of two passwords that are chosen at once, and none beside a reset', async () => {
    await account('boss', { role: 'administrator' });
    const { accounts, signIn } = await createAll();
    await account('li');
    const choose = (next: string) =>
      accounts.choosePassword(
        { actor: { kind: 'account', name: 'li' }, origin: '10.0.0.1' },
        'li',
        { current: PASSWORD, next },
        null,
      );
    const [one, two] = ['the first of two choices', 'the second of two choices'] as const;
    expect(await settle([choose(one), choose(two)])).toEqual({ done: 1, refused: ['credentials-wrong'] });
    const works = await settle([one, two].map((password) => signIn.byPassword('li', password, CALLER)));
    expect(works.done).toBe(1);
    const reset = accounts.resetPassword(CLI, 'li');
    const choice = accounts.choosePassword(
      { actor: { kind: 'account', name: 'li' }, origin: '10.0.0.1' },
      'li',
      { current: one, next: 'what comes too late' },
      null,
    );
    const [oneTime] = await Promise.all([reset, settle([choice])]);
    const now = (await store.people.account('li')) as AccountRecord;
    // Whichever was first: the owner's choice beside it has not survived.
    expect([now.mustChangePassword, await passwords.verify(oneTime, now.passwordHash)]).toEqual([
      true,
      'right',
    ]);
  });
});

describe('links', () => {
  it('stay within what one account may have, however many are added at once', async () => {
    await account('li');
    const { links } = await createAll();
    const by: By = { actor: { kind: 'account', name: 'li' }, origin: '10.0.0.1' };
    const add = () => links.add(by, { kind: 'wall', name: '大屏', unitId: null });
    for (let made = 0; made < 298; made++) await add();
    const { done, refused } = await settle(Array.from({ length: 10 }, add));
    expect([done, new Set(refused)]).toEqual([2, new Set(['links-too-many'])]);
    expect(await links.list()).toHaveLength(300);
  });

  it('that have ended are brought back only where there is room, however many at once', async () => {
    await account('li');
    const { links } = await createAll();
    const by: By = { actor: { kind: 'account', name: 'li' }, origin: '10.0.0.1' };
    const add = async () => (await links.add(by, { kind: 'wall', name: '大屏', unitId: null })).link.id;
    const ended = [await add(), await add(), await add()];
    wall += 366 * DAY_MS;
    for (let made = 0; made < 299; made++) await add();
    expect(await settle(ended.map((id) => links.extend(by, id)))).toEqual({
      done: 1,
      refused: ['links-too-many', 'links-too-many'],
    });
  });

  it('extended twice at once end when the later one says, and each is in the audit', async () => {
    const { links } = await createAll();
    const { link } = await links.add(CLI, { kind: 'wall', name: '大屏', unitId: null });
    const both = await Promise.all([links.extend(CLI, link.id, 5), links.extend(CLI, link.id, 9)]);
    expect(both.map(({ expiresAt }) => (expiresAt - wall) / DAY_MS)).toEqual([5, 9]);
    expect((await links.list()).map(({ expiresAt }) => expiresAt)).toEqual([both[1]?.expiresAt]);
    expect(await actions()).toEqual(['link.add', 'link.extend', 'link.extend']);
  });

  it('stay revoked when somebody extends them at once, and are revoked once', async () => {
    const { links } = await createAll();
    const { link, token } = await links.add(CLI, { kind: 'wall', name: '大屏', unitId: null });
    const acts = [links.revoke(CLI, link.id), links.extend(CLI, link.id), links.revoke(CLI, link.id)];
    expect(await settle(acts)).toEqual({ done: 1, refused: ['link-revoked', 'link-revoked'] });
    expect(await links.find(token)).toBeNull();
    expect(await actions()).toEqual(['link.add', 'link.revoke']);
  });

  it('of somebody who is disabled at that moment are made before it, or not at all, and are no use', async () => {
    await account('boss', { role: 'administrator' });
    await account('li');
    const { links, accounts } = await createAll();
    const by: By = { actor: { kind: 'account', name: 'li' }, origin: '10.0.0.1' };
    const add = () => links.add(by, { kind: 'wall', name: '大屏', unitId: null });
    const outcomes = await Promise.allSettled([add(), accounts.change(CLI, 'li', { disabled: true }), add()]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(outcomes[2]).toMatchObject({ reason: { code: 'role-insufficient' } });
    expect((await links.list()).map(({ state }) => state)).not.toContain('good');
  });
});

describe('a session', () => {
  it('that is closed while it is used and swept stays closed', async () => {
    const proved = await account('li');
    const { sessions, save } = await createPeople({ store: store.people, now, monotonic, limits: LIMITS });
    const { token, id } = await sessions.open(proved, '', '');
    sessions.used(id);
    const by: By = { actor: { kind: 'account', name: 'li' }, origin: '' };
    await Promise.all([save(), sessions.find(token), sessions.close(by, id), sessions.find(token), save()]);
    sessions.used(id);
    await save();
    expect(await sessions.find(token)).toBeNull();
    expect([await sessions.list(null), sessions.takeNotes()]).toEqual([[], { used: [], over: [] }]);
    // Once more by whoever had it, and by somebody else.
    await expect(sessions.revoke(CLI, id, { seen: null, ended: null })).rejects.toMatchObject({
      code: 'session-unknown',
    });
  });

  it('that is over stays so when that could not be written, and the clock is set back meanwhile', async () => {
    const proved = await account('li');
    let isBroken = false;
    const failing: PeopleStore = {
      ...store.people,
      noteUse: (use) =>
        isBroken ? Promise.reject(new StoreFailure('storage-full', 'x')) : store.people.noteUse(use),
    };
    const { sessions, save } = await createPeople({ store: failing, now, monotonic, limits: LONG });
    const { token } = await sessions.open(proved, '', '');
    const second = await sessions.open(proved, '', '');
    mono += LONG.idleMs - 1;
    sessions.used(second.id);
    mono += MINUTE_MS + 1;
    wall -= DAY_MS;
    isBroken = true;
    await expect(save()).rejects.toMatchObject({ code: 'storage-full' });
    expect(await sessions.find(token)).toBeNull();
    isBroken = false;
    await save();
    expect((await store.people.sessions(null)).map(({ id }) => id)).toEqual([second.id]);
    expect(await sessions.find(second.token)).not.toBeNull();
    expect(sessions.takeNotes()).toEqual({ used: [], over: [] });
  });

  it('goes on at every gateway while it is used at one, and ends everywhere when it is used at none', async () => {
    const proved = await account('li');
    const other = home.open();
    const gateway = ({ people }: SqliteStore) =>
      createPeople({ store: people, now, monotonic, limits: LONG });
    const [here, there] = await Promise.all([gateway(store), gateway(other)]);
    const { token, id } = await here.sessions.open(proved, '', '');
    const pass = (ms: number) => {
      wall += ms;
      mono += ms;
    };
    const stored = async () => (await store.people.sessions(null)).map((session) => session.id);
    expect(await there.sessions.find(token)).not.toBeNull();
    for (let round = 0; round < 4; round++) {
      pass(LONG.idleMs / 2);
      there.sessions.used(id);
      await there.save();
      await here.save();
      // A late note of an earlier use changes nothing.
      await store.people.noteUse({ sessions: [{ id, at: wall - LONG.idleMs }], links: [], over: [] });
    }
    expect(await stored()).toEqual([id]);
    expect(await here.sessions.find(token)).not.toBeNull();
    expect((await here.sessions.list(null)).map(({ lastUsedAt }) => lastUsedAt)).toEqual([wall]);
    // Used at the other one only since, and noted there when this one has called it idle for nearly as long as it is kept.
    pass(LONG.idleMs - 1);
    there.sessions.used(id);
    pass(MINUTE_MS);
    await here.save();
    await there.save();
    await here.save();
    expect(await stored()).toEqual([id]);
    expect(await here.sessions.find(token)).not.toBeNull();
    pass(LONG.idleMs);
    expect([await here.sessions.find(token), await there.sessions.find(token)]).toEqual([null, null]);
    pass(MINUTE_MS);
    await here.save();
    expect(await stored()).toEqual([]);
    other.close();
  });
});
