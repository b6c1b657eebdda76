import { describe, expect, it } from 'vitest';
import { readDevice } from '../../../dashboard/src/account/devices.ts';
import { liveUrl } from '../../../dashboard/src/live/feed.ts';
import { CLOSED_SESSION_ENDED } from '../../../dashboard/src/live/socket.ts';
import { formatWait } from '../../../dashboard/src/parts/countdown.ts';
import { enSession, zhSession } from '../../../dashboard/src/parts/session-messages.ts';
import { readLinkToken } from '../../../dashboard/src/session/link-token.ts';
import { HOME, readNext, readReason, signInAddress } from '../../../dashboard/src/session/next-path.ts';
import { countChars, PASSWORD_CHARS } from '../../../dashboard/src/session/password-rules.ts';
import * as protocol from '../../../protocol/session.ts';

const ORIGIN = 'https://manyi.example';
const HERE = `${ORIGIN}/sign-in/`;
const nextOf = (next: string, here = HERE) => readNext(`?${new URLSearchParams({ next })}`, here);

describe('where to go after signing in', () => {
  it.each([
    'https://evil.example/wall/',
    'https://manyi.example.evil.example/',
    '//evil.example/wall/',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n//evil.example',
    '/.//evil.example',
    '/wall/..//evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
    'wall/',
    '',
    '/sign-in/?next=/wall/',
    '/%0',
    'http://[',
  ])('never to %j', (next) => {
    const address = new URL(nextOf(next), HERE);
    expect(address.origin).toBe(ORIGIN);
    expect(nextOf(next)).not.toMatch(/^\/[/\\]|^\/sign-in/);
  });

  it('to the page that was wanted, with what it was asked, and without a token', () => {
    expect(nextOf('/wall/?lang=en')).toBe('/wall/?lang=en');
    expect(nextOf('/account/#token=secret')).toBe('/account/');
    expect(readNext('', HERE)).toBe(HOME);
  });

  it('below a path, never to a neighbour of the same host', () => {
    const here = `${ORIGIN}/manyi/sign-in/?x`;
    expect(nextOf('/manyi/wall/?lang=en', here)).toBe('/manyi/wall/?lang=en');
    for (const next of [
      '/wall/',
      '/manyi',
      '/manyi2/',
      '/manyi/../wall/',
      '/manyi/sign-in/',
      '/manyi/..//evil',
    ])
      expect(nextOf(next, here)).toBe(HOME);
    expect(new URL(HOME, here).href).toBe(`${ORIGIN}/manyi/wall/`);
    expect(liveUrl({ href: here })).toBe('wss://manyi.example/manyi/api/v1/live');
    expect(liveUrl({ href: 'http://127.0.0.1:8080/wall/#token=x' })).toBe('ws://127.0.0.1:8080/api/v1/live');
  });

  it('as the sign-in address tells it', () => {
    const address = new URL(signInAddress('/wall/?lang=en&x=1', 'session-ended'), HERE);
    expect(readNext(address.search, HERE)).toBe('/wall/?lang=en&x=1');
    expect(readReason(address.search)).toBe('session-ended');
    expect(readReason('?reason=<b>')).toBe(null);
  });
});

describe('a wall link', () => {
  it('is read from the fragment alone, and never longer than the gateway reads', () => {
    expect(readLinkToken('#token=manyi_l_abc-_')).toBe('manyi_l_abc-_');
    expect(readLinkToken('')).toBe(null);
    expect(readLinkToken('#token=')).toBe(null);
    expect(readLinkToken(`#token=${'x'.repeat(9_999)}`)).toHaveLength(128);
  });
});

describe('what the pages spell themselves', () => {
  it('is what the protocol says', () => {
    expect(PASSWORD_CHARS).toEqual(protocol.PASSWORD_CHARS);
    expect(CLOSED_SESSION_ENDED).toBe(protocol.SESSION_ENDED_CLOSE_CODE);
    expect(Object.keys(zhSession.roles).sort()).toEqual([...protocol.ROLES].sort());
  });

  it('counts the characters of a password as the gateway does', () => {
    expect(countChars('a😀中')).toBe(3);
    expect(countChars('e\u0301')).toBe(1);
  });

  it('tells a wait in words', () => {
    expect(formatWait(59, zhSession)).toBe('59 秒');
    expect(formatWait(60, zhSession)).toBe('1 分钟');
    expect(formatWait(83, enSession)).toBe('1 min 23 s');
  });
});

describe('a user agent', () => {
  it.each([
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0',
      { browser: 'Edge 141', system: 'Windows', kind: 'computer' },
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
      { browser: 'Safari 18', system: 'iOS', kind: 'phone' },
    ],
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0.0.0 Safari/537.36',
      { browser: 'Chrome 120', system: 'Linux', kind: 'computer' },
    ],
    [
      'Mozilla/5.0 (Linux; Android 14; wv) AppleWebKit/537.36 Chrome/120.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.49',
      { browser: 'WeChat', system: 'Android', kind: 'phone' },
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:143.0) Gecko/20100101 Firefox/143.0',
      { browser: 'Firefox 143', system: 'macOS', kind: 'computer' },
    ],
    ['curl/8.5.0', { browser: null, system: null, kind: 'computer' }],
    ['', { browser: null, system: null, kind: 'computer' }],
  ])('%s', (userAgent, device) => {
    expect(readDevice(userAgent)).toEqual(device);
  });
});
