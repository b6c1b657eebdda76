/** The parts that guard the door, each by itself and by a clock that is told the time. */
import { describe, expect, it } from 'vitest';
import { cookieName, credentialsOf } from '../../../gateway/api/border/cookies.ts';
import { isAllowedOrigin, isSameOrigin } from '../../../gateway/api/border/origin.ts';
import { checkPolicy, POLICY } from '../../../gateway/api/border/policy.ts';
import { readConfig } from '../../../gateway/config.ts';
import type { Principal } from '../../../gateway/domain/principal.ts';
import { mayDo } from '../../../gateway/domain/roles.ts';
import { weaknessOf } from '../../../gateway/people/password-rules.ts';
import { createPasswords } from '../../../gateway/people/passwords.ts';
import { createPeople } from '../../../gateway/people/people.ts';
import { PeopleRefusal } from '../../../gateway/people/refusal.ts';
import {
  ADDRESS_PATIENCE,
  addressGroup,
  createSignInThrottle,
  PAIR_PATIENCE,
  proveOnce,
} from '../../../gateway/people/sign-in-throttle.ts';
import { ConfigError } from '../../../protocol/process/settings.ts';
import { addAccount, change } from '../../support/change-people.ts';
import { createStoreHome } from '../../support/store.ts';

const CHEAP = { costLog2: 4, blockSize: 8, parallel: 1 };

describe('a hash of a password', () => {
  it('is another one every time, says what it cost, and knows its password', async () => {
    const passwords = createPasswords(CHEAP);
    const [one, two] = [await passwords.hash('correct horse'), await passwords.hash('correct horse')];
    expect(one).not.toBe(two);
    expect(one).toMatch(/^scrypt\$4\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
    expect(await passwords.verify('correct horse', one)).toBe('right');
    expect(await passwords.verify('correct horsf', one)).toBe('wrong');
    expect(await passwords.pretend('correct horse')).toBe('wrong');
  });

  it('costs at least what OWASP asks for, unless told', async () => {
    expect(await createPasswords().hash('x')).toMatch(/^scrypt\$17\$8\$1\$/);
  });

  it('that cost less than new ones do is still right, and said to be stale', async () => {
    const old = await createPasswords(CHEAP).hash('correct horse');
    const dear = createPasswords({ ...CHEAP, costLog2: 5 });
    expect(await dear.verify('correct horse', old)).toBe('stale');
    expect(await dear.verify('wrong horse', old)).toBe('wrong');
  });

  it('is computed two at once, and those that wait are few', async () => {
    const passwords = createPasswords({ ...CHEAP, costLog2: 12 });
    const asked = Array.from({ length: 40 }, () =>
      passwords.hash('x').catch((error: PeopleRefusal) => error),
    );
    const answers = await Promise.all(asked);
    const refused = answers.filter((answer) => answer instanceof PeopleRefusal);
    expect(refused).toHaveLength(40 - 2 - 16);
    expect(refused[0]).toMatchObject({ code: 'sign-in-busy', retryAfterS: 2 });
    expect(await passwords.hash('x')).toContain('scrypt');
  });
});

describe('a password', () => {
  it.each([
    'correct horse battery',
    '一二三四五六七八九十百千',
    'operator knows the way',
    'aaaaaaaaaaab',
    '1234567890124',
    'x'.repeat(4) + 'abcdefgh'.repeat(15),
  ])('%s is taken', (password) => {
    expect(weaknessOf(password, 'operator')).toBeNull();
  });

  it.each([
    ['', /at least/],
    ['elevenchars', /at least/],
    ['𠮷'.repeat(11), /at least/],
    ['x1'.repeat(65), /at most/],
    ['operatoroperator', /name/],
    ['OPERATOR-1234', /name/],
    ['PasswordPassword', /guessed/],
    ['ｐａｓｓｗｏｒｄ１２３４', /guessed/],
    ['zzzzzzzzzzzz', /same few/],
    ['abcabcabcabcab', /same few/],
    ['abcdefghijkl', /neighbouring/],
    ['098765432109', /neighbouring/],
  ])('%s is not', (password, why) => {
    expect(weaknessOf(password, 'operator')).toMatch(why);
  });
});

describe('the throttle of sign-ins', () => {
  const clock = () => {
    let at = 1_000_000;
    return { now: () => at, pass: (ms: number) => (at += ms) };
  };
  const fail = async (throttle: ReturnType<typeof createSignInThrottle>, name: string, address: string) =>
    proveOnce(throttle, name, address, async () => false).then(
      () => 0,
      (error: PeopleRefusal) => error.retryAfterS ?? -1,
    );

  it('lets a few failures go, and then doubles the wait up to a limit', async () => {
    const time = clock();
    const throttle = createSignInThrottle(time.now);
    for (let failure = 0; failure < PAIR_PATIENCE.free; failure++)
      expect(await fail(throttle, 'a', '1')).toBe(0);
    const waits: number[] = [];
    for (let times = 0; times < 14; times++) {
      const wait = await fail(throttle, 'a', '1');
      waits.push(wait);
      time.pass(wait * 1_000);
      expect(await fail(throttle, 'a', '1')).toBe(0);
    }
    expect(waits.slice(0, 4)).toEqual([2, 4, 8, 16]);
    expect(waits.at(-1)).toBe(PAIR_PATIENCE.longestWaitMs / 1_000);
  });

  it('holds nobody up for what happens at another address', async () => {
    const throttle = createSignInThrottle(clock().now);
    for (let failure = 0; failure < 100; failure++) await fail(throttle, 'owner', `10.0.0.${failure}`);
    for (let failure = 0; failure < 10; failure++) await fail(throttle, 'owner', '10.1.0.1');
    expect(throttle.begin('owner', '10.1.0.1')).toBeGreaterThan(0);
    expect(throttle.begin('owner', '192.168.0.1')).toBe(0);
  });

  it('slows an address that tries many names', async () => {
    const throttle = createSignInThrottle(clock().now);
    for (let failure = 0; failure < ADDRESS_PATIENCE.free; failure++)
      expect(await fail(throttle, `name-${failure}`, '1')).toBe(0);
    expect(await fail(throttle, 'yet-another', '1')).toBeGreaterThan(0);
    expect(await fail(throttle, 'yet-another', '2')).toBe(0);
  });

  it('counts attempts side by side', async () => {
    const throttle = createSignInThrottle(clock().now);
    const waits = await Promise.all(Array.from({ length: 20 }, () => fail(throttle, 'a', '1')));
    expect(waits.filter((wait) => wait === 0)).toHaveLength(PAIR_PATIENCE.free);
  });

  it.each([1, 5, 8, 10, 13, 20])(
    'leaves little to guess in a day, also with a rest after every %i',
    async (inARow) => {
      const time = clock();
      const throttle = createSignInThrottle(time.now);
      const [tomorrow, hour] = [time.now() + 24 * 3_600_000, 3_600_000];
      let tries = 0;
      while (time.now() < tomorrow) {
        for (let at = 0; at < inARow && time.now() < tomorrow; ) {
          const wait = await fail(throttle, 'a', '1');
          time.pass(wait * 1_000);
          if (wait > 0) continue;
          tries += 1;
          at += 1;
        }
        if (inARow < 20) time.pass(hour / 2 + 60_000);
      }
      expect(tries).toBeGreaterThan(40);
      expect(tries).toBeLessThanOrEqual(110);
    },
  );

  it('forgets with a success, and after a while', async () => {
    const time = clock();
    const throttle = createSignInThrottle(time.now);
    for (let round = 0; round < 5; round++) {
      for (let failure = 1; failure < PAIR_PATIENCE.free; failure++)
        expect(await fail(throttle, 'a', String(round))).toBe(0);
      expect(await proveOnce(throttle, 'a', String(round), async () => true)).toBe(true);
    }
    for (let failure = 0; failure < PAIR_PATIENCE.free; failure++) await fail(throttle, 'b', '1');
    expect(throttle.begin('b', '1')).toBeGreaterThan(0);
    for (let failure = 0; failure < 8; failure++) time.pass(1_000 * (await fail(throttle, 'b', '1')));
    time.pass(23 * 3_600_000);
    await fail(throttle, 'b', '1');
    expect(throttle.begin('b', '1')).toBeGreaterThan(0);
    time.pass(24 * 3_600_000 + 1);
    for (let failure = 0; failure < PAIR_PATIENCE.free; failure++)
      expect(await fail(throttle, 'b', '1')).toBe(0);
  });

  it('counts nothing that was never tried', async () => {
    const throttle = createSignInThrottle(clock().now);
    const busy = async () => {
      throw new Error('busy');
    };
    for (let times = 0; times < 50; times++)
      await expect(proveOnce(throttle, 'a', '1', busy)).rejects.toThrow('busy');
    expect(throttle.begin('a', '1')).toBe(0);
  });

  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
  ])('takes %s for %s', (address, group) => {
    expect(addressGroup(address)).toBe(group);
  });
});

describe('sessions', () => {
  it('are so many an account, end by the clock, and leave nothing of their tokens', async () => {
    const home = createStoreHome();
    const store = home.open();
    let at = 1_795_000_000_000;
    const now = () => at;
    const limits = { absoluteMs: 10_000, idleMs: 4_000 };
    const { people } = store;
    const { sessions, save } = await createPeople({ store: people, now, monotonic: now, limits });
    const record = {
      name: 'a',
      displayName: 'A',
      role: 'operator' as const,
      unitId: null,
      passwordHash: 'x',
    };
    await addAccount(people, { ...record, mustChangePassword: false, createdAt: at, disabledAt: null });
    const account = await people.account('a');
    if (!account) throw new Error('no account');
    const tokens: string[] = [];
    for (let count = 0; count < 21; count++) {
      at += 1;
      tokens.push((await sessions.open(account, '10.0.0.1', 'x'.repeat(1_000))).token);
    }
    expect(new Set(tokens).size).toBe(21);
    expect(await sessions.list('a')).toHaveLength(20);
    expect((await sessions.list('a'))[0]?.userAgent).toHaveLength(200);
    expect(await sessions.find(tokens[0] as string)).toBeNull();
    const last = tokens[20] as string;
    const { session } = (await sessions.find(last)) ?? {};
    for (let steps = 0; steps < 3; steps++) {
      at += 3_000;
      expect(await sessions.find(last)).not.toBeNull();
      sessions.used(session?.id as string);
      await save();
    }
    expect(await sessions.list('a')).toHaveLength(1);
    at += 1_000;
    expect(await sessions.find(last)).toBeNull();
    const { token } = await sessions.open(account, '10.0.0.1', '');
    at += 4_000;
    expect(await sessions.find(token)).toBeNull();
    const open = await sessions.open(account, '10.0.0.1', '');
    expect(await sessions.find(open.token)).not.toBeNull();
    await change(people, (tx) => tx.changeAccount('a', { disabledAt: at }));
    expect(await sessions.find(open.token)).toBeNull();
    await expect(sessions.open(account, '10.0.0.1', '')).rejects.toMatchObject({ code: 'credentials-wrong' });
    expect(
      JSON.stringify([await people.sessions(null), await store.audit.entries({ limit: 100 })]),
    ).not.toContain('manyi_s_');
    store.close();
    home.dispose();
  });
});

describe('where a token is', () => {
  const headers = { cookie: 'a=b; manyi_session=manyi_s_1; __Host-manyi_session=manyi_s_2' };
  it('in the cookie of its own name', () => {
    expect(credentialsOf(headers, cookieName(false))).toEqual({ token: 'manyi_s_1', from: 'cookie' });
    expect(credentialsOf(headers, cookieName(true))).toEqual({ token: 'manyi_s_2', from: 'cookie' });
    expect(cookieName(true)).toBe('__Host-manyi_session');
    expect(credentialsOf({ cookie: 'manyi_session=' }, cookieName(false))).toBeNull();
    expect(credentialsOf({}, cookieName(false))).toBeNull();
  });
  it('in Authorization, which a cookie does not stand in for', () => {
    expect(credentialsOf({ ...headers, authorization: 'Bearer abc' }, cookieName(false))).toEqual({
      token: 'abc',
      from: 'bearer',
    });
    for (const authorization of ['', 'Bearer', 'Basic abc', `Bearer ${'x'.repeat(129)}`, 'Bearer a b'])
      expect(credentialsOf({ ...headers, authorization }, cookieName(false))).toEqual({
        token: '',
        from: 'bearer',
      });
  });
});

describe('the origin of a request', () => {
  it('is a page of the same host, and under TLS one with TLS', () => {
    expect(isAllowedOrigin('http://wall.example', 'wall.example', [])).toBe(true);
    expect(isAllowedOrigin('http://wall.example', 'wall.example', [], true)).toBe(false);
    expect(isAllowedOrigin('https://wall.example', 'wall.example', [], true)).toBe(true);
    expect(isAllowedOrigin('http://wall.example.evil', 'wall.example', [])).toBe(false);
    expect(isSameOrigin({ host: 'wall.example' }, [], false)).toBe(true);
    expect(isSameOrigin({ host: 'wall.example', 'sec-fetch-site': 'none' }, [], false)).toBe(true);
    expect(isSameOrigin({ host: 'wall.example', 'sec-fetch-site': 'same-site' }, [], false)).toBe(false);
    expect(isSameOrigin({ host: 'a', origin: 'http://b' }, ['http://b'], false)).toBe(true);
  });
});

describe('the policy', () => {
  const auditor: Principal = {
    kind: 'account',
    name: 'a',
    sessionId: 's',
    standing: 'auditor',
    unitId: null,
    mustChangePassword: false,
  };
  it('gives an auditor no route that changes anything of others', () => {
    const changes = Object.entries(POLICY)
      .filter(([key, who]) => !key.startsWith('GET ') && mayDo(who, auditor.standing) === 'yes')
      .map(([key]) => key);
    expect(changes).toEqual([
      'POST /api/v1/session',
      'DELETE /api/v1/session',
      'PUT /api/v1/session/password',
      'DELETE /api/v1/sessions/:id',
      // What is asked has a body; nothing is changed.
      'POST /api/v1/rules/preview',
    ]);
  });
  it('refuses what it has no line for', () => {
    expect(() => checkPolicy('GET /not/there', auditor)).toThrow(/auditor/);
    expect(() => checkPolicy('GET /not/there', null)).toThrow(/sign in/);
  });
});

describe('the settings', () => {
  it('repeat no password, whatever else is wrong', () => {
    const environment = {
      MANYI_ADMIN_PASSWORD: 'my own secret',
      MANYI_SESSION_HOURS: 'x',
      MANYI_HTTPS_KEY: '/key',
    };
    let said = '';
    try {
      readConfig(environment);
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      said = String(error);
    }
    expect(said).toContain('MANYI_SESSION_HOURS=x');
    expect(said).toContain('MANYI_HTTPS_CERT, MANYI_HTTPS_KEY: set both or neither');
    expect(said).not.toContain('my own secret');
  });
});
