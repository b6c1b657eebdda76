/** Whom a request is from, by the headers of proxies. */
import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createTrust, readAddress } from '../../../gateway/api/border/addresses.ts';
import { createBasePath } from '../../../gateway/api/border/base-path.ts';
import { createCallerOf } from '../../../gateway/api/border/caller.ts';
import { isAllowedOrigin } from '../../../gateway/api/border/origin.ts';
import { readConfig } from '../../../gateway/config.ts';
import { ConfigError } from '../../../protocol/process/settings.ts';

const PROXIES = ['10.0.0.0/8', '192.0.2.7', 'fd00::/8', '2001:db8::7'];
const told: string[] = [];
const callerOf = createCallerOf({
  isTrusted: createTrust(PROXIES),
  tls: false,
  untrusted: (peer) => told.push(peer),
});
const ask = (remoteAddress: string | undefined, headers: Record<string, string> = {}) =>
  callerOf({ headers: { host: 'own', ...headers }, socket: { remoteAddress } } as unknown as IncomingMessage);
const forwarded = (remoteAddress: string, chain: string) =>
  ask(remoteAddress, { 'x-forwarded-for': chain }).address;

describe('an address', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::ffff:127.0.0.1', '127.0.0.1'],
    ['::FFFF:7f00:1', '127.0.0.1'],
    ['2001:0DB8:0:0::1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['010.0.0.1', null],
    ['1.2.3', null],
    ['1.2.3.4:80', null],
    ['[::1]', null],
    ['unknown', null],
    ['', null],
  ])('%j is %j', (text, address) => expect(readAddress(text)).toBe(address));

  it.each([
    ['10.255.0.1', true],
    ['::ffff:10.0.0.1', true],
    ['11.0.0.1', false],
    ['192.0.2.7', true],
    ['192.0.2.8', false],
    ['fdff::1%wlan0', true],
    ['2001:0db8::0007', true],
    ['2001:db8::8', false],
    ['::1', false],
    ['', false],
    ['nonsense', false],
  ])('%j is trusted: %j', (address, trusted) => expect(createTrust(PROXIES)(address)).toBe(trusted));

  it('of a network in IPv6 clothes is of the IPv4 network', () => {
    expect(createTrust(['::ffff:10.0.0.0/104'])('10.1.2.3')).toBe(true);
    expect(createTrust(['::ffff:10.0.0.0/104'])('11.1.2.3')).toBe(false);
    expect(createTrust([])('127.0.0.1')).toBe(false);
  });
});

describe('X-Forwarded-For', () => {
  it('of a stranger is not read', () => {
    const headers = {
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'evil',
    };
    expect(ask('203.0.113.1', headers)).toEqual({ address: '203.0.113.1', secure: false, host: 'own' });
    expect(told).toEqual(['203.0.113.1']);
  });

  it.each([
    ['one hop', '10.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['what the caller has made up is to the left', '10.0.0.1', '1.1.1.1, 203.0.113.9', '203.0.113.9'],
    ['proxies in a row', '10.0.0.1', '1.1.1.1, 203.0.113.9, 192.0.2.7, 10.2.2.2', '203.0.113.9'],
    ['a proxy in IPv6 clothes', '::ffff:10.0.0.1', '203.0.113.9,::ffff:10.0.0.9', '203.0.113.9'],
    ['IPv6', 'fd00::1', '2001:DB8:0::99', '2001:db8::99'],
    ['a port', '10.0.0.1', '203.0.113.9:51234', '203.0.113.9'],
    ['a port after IPv6', '10.0.0.1', '[2001:db8::99]:51234', '2001:db8::99'],
    ['brackets', '10.0.0.1', '[2001:db8::99]', '2001:db8::99'],
    ['a zone', '10.0.0.1', 'fe80::1%eth0', 'fe80::1'],
    ['nothing but proxies', '10.0.0.1', '10.0.0.2, 10.0.0.3', '10.0.0.2'],
    ['garbage', '10.0.0.1', 'unknown', '10.0.0.1'],
    ['garbage behind a proxy', '10.0.0.1', "'; drop table, 10.0.0.3", '10.0.0.3'],
    ['an empty entry', '10.0.0.1', '203.0.113.9,,', '10.0.0.1'],
    ['an address in brackets that needs none', '10.0.0.1', '[203.0.113.9]', '10.0.0.1'],
    [
      'a longer chain than proxies stand in a row',
      '10.0.0.1',
      `6.6.6.6${',10.0.0.2'.repeat(40)}`,
      '10.0.0.2',
    ],
    ['as much as a header holds', '10.0.0.1', `${'x'.repeat(16_000)},203.0.113.9`, '203.0.113.9'],
  ])('%s', (_what, peer, chain, address) => expect(forwarded(peer, chain)).toBe(address));

  it('missing: the proxy itself asks', () => {
    expect(ask('10.0.0.1')).toEqual({ address: '10.0.0.1', secure: false, host: 'own' });
    expect(ask(undefined).address).toBe('');
  });

  it('is read once, while the peer is there', () => {
    const socket: { remoteAddress: string | undefined } = { remoteAddress: '203.0.113.1' };
    const request = { headers: {}, socket } as unknown as IncomingMessage;
    callerOf(request);
    socket.remoteAddress = undefined;
    expect(callerOf(request).address).toBe('203.0.113.1');
  });
});

describe('X-Forwarded-Proto and -Host', () => {
  it.each([
    [{ 'x-forwarded-proto': 'https' }, true],
    [{ 'x-forwarded-proto': 'HTTPS' }, true],
    [{ 'x-forwarded-proto': 'https, http' }, false],
    [{ 'x-forwarded-proto': 'http, https' }, true],
    [{ 'x-forwarded-proto': 'wss' }, false],
    [{}, false],
  ])('%j is under TLS: %j', (headers, secure) =>
    expect(ask('10.0.0.1', headers as Record<string, string>).secure).toBe(secure),
  );

  it.each([
    ['manyi.example', 'manyi.example'],
    ['evil.example, manyi.example:8443', 'manyi.example:8443'],
    ['[2001:db8::1]:8443', '[2001:db8::1]:8443'],
    ['a b', 'own'],
    ['user@evil.example', 'own'],
    ['evil.example/path', 'own'],
    ['', 'own'],
  ])('%j is the host %j', (text, host) =>
    expect(ask('10.0.0.1', { 'x-forwarded-host': text }).host).toBe(host),
  );

  it('without TLS to the proxy, the own TLS does not count', () => {
    const under = createCallerOf({ isTrusted: createTrust(PROXIES), tls: true, untrusted: () => {} });
    const request = (headers: object) =>
      ({ headers, socket: { remoteAddress: '10.0.0.1' } }) as unknown as IncomingMessage;
    expect(under(request({ 'x-forwarded-proto': 'http' })).secure).toBe(false);
    expect(under(request({})).secure).toBe(true);
  });

  it("the scheme's own port is no other host", () => {
    expect(isAllowedOrigin('https://manyi.example', 'Manyi.example:443', [])).toBe(true);
    expect(isAllowedOrigin('http://manyi.example', 'manyi.example:80', [])).toBe(true);
    expect(isAllowedOrigin('https://manyi.example', 'manyi.example:80', [])).toBe(false);
    expect(isAllowedOrigin('https://manyi.example:8443', 'manyi.example', [])).toBe(false);
  });
});

describe('the settings', () => {
  const read = (name: string, value: string) => readConfig({ [name]: value });
  it('take addresses and networks', () => {
    expect(read('MANYI_TRUSTED_PROXIES', '').trustedProxies).toEqual([]);
    expect(read('MANYI_TRUSTED_PROXIES', ' 10.0.0.1, fd00::/8').trustedProxies).toEqual([
      '10.0.0.1',
      'fd00::/8',
    ]);
  });
  it.each([
    '*',
    'proxy.example',
    '10.0.0.0/33',
    'fd00::/129',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    'fe80::1%eth0',
    '10.0.0',
  ])('and no %j', (value) => expect(() => read('MANYI_TRUSTED_PROXIES', value)).toThrow(ConfigError));
  it('take a path', () => {
    expect(read('MANYI_BASE_PATH', '/').basePath).toBe('');
    expect(read('MANYI_BASE_PATH', '/a/manyi-2/').basePath).toBe('/a/manyi-2');
  });
  it.each([
    'manyi',
    '//evil',
    '/a//b',
    '/..',
    '/a/./b',
    '/a b',
    '/a?b',
    '/a;Domain=x',
    '/满意',
    `/${'a'.repeat(101)}`,
  ])('and no %j for one', (value) => expect(() => read('MANYI_BASE_PATH', value)).toThrow(ConfigError));
});

describe('below a path', () => {
  const { below } = createBasePath('/manyi');
  it.each([
    ['/manyi', '/'],
    ['/manyi?x=1', '/?x=1'],
    ['/manyi/', '/'],
    ['/manyi/wall/?lang=en', '/wall/?lang=en'],
    ['/manyi2/wall/', null],
    ['/wall/', null],
    ['/', null],
    ['/healthz', '/healthz'],
    ['/readyz?x', '/readyz?x'],
    ['/healthzz', null],
  ])('%j is %j', (url, inside) => expect(below(url)).toBe(inside));
});
