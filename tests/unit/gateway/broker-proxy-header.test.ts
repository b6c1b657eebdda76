/** The PROXY protocol's header as bytes, and as it comes over a socket. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseProxyHeader, SIGNATURE, takeProxyHeader } from '../../../gateway/mqtt/proxy-header.ts';
import { until } from '../../support/wait.ts';

const ipv4 = Buffer.from([203, 0, 113, 9, 10, 0, 0, 1, 0x12, 0x34, 0x22, 0xb3]);
const ipv6 = Buffer.concat([
  Buffer.from('20010db8000000000000000000000099', 'hex'),
  Buffer.from('fd000000000000000000000000000001', 'hex'),
  Buffer.from([0x12, 0x34, 0x22, 0xb3]),
]);
const tlv = Buffer.from([0x04, 0x00, 0x02, 0, 0]);
const header = (verCmd: number, family: number, rest: Buffer, length = rest.length) =>
  Buffer.concat([SIGNATURE, Buffer.from([verCmd, family, length >> 8, length & 255]), rest]);

describe('a header', () => {
  it.each([
    ['of IPv4', header(0x21, 0x11, ipv4), '203.0.113.9'],
    ['of IPv6', header(0x21, 0x21, ipv6), '2001:db8::99'],
    [
      'of IPv4 in IPv6 clothes',
      header(
        0x21,
        0x21,
        Buffer.concat([Buffer.from(`${'00'.repeat(10)}ffffcb007109`, 'hex'), Buffer.alloc(20)]),
      ),
      '203.0.113.9',
    ],
    ['with extensions', header(0x21, 0x11, Buffer.concat([ipv4, tlv, tlv])), '203.0.113.9'],
    ['of the proxy itself', header(0x20, 0x11, ipv4), null],
    ['of the proxy itself, with nothing', header(0x20, 0x00, Buffer.alloc(0)), null],
    ['of it is not said what', header(0x21, 0x00, Buffer.alloc(7)), null],
    ['of UDP', header(0x21, 0x12, ipv4), null],
    ['of a local socket', header(0x21, 0x31, Buffer.alloc(216, 0x2f)), null],
    ['of a family that is not known yet', header(0x21, 0x41, ipv4), null],
  ])('%s', (_what, bytes, source) => {
    expect(parseProxyHeader(bytes)).toEqual({ bytes: bytes.length, source });
    expect(parseProxyHeader(Buffer.concat([bytes, Buffer.from('more')]))).toEqual({
      bytes: bytes.length,
      source,
    });
    // However it is cut: nothing is decided before all of it has come.
    for (let end = 0; end < bytes.length; end++) expect(parseProxyHeader(bytes.subarray(0, end))).toBe(null);
  });

  it.each([
    ['a TLS ClientHello', Buffer.from([0x16, 0x03, 0x01])],
    ['version 1', Buffer.from('PROXY TCP4 203.0.113.9 10.0.0.1 4660 8883\r\n')],
    ['a signature with one wrong byte', Buffer.from(SIGNATURE).fill(0x20, 11)],
    ['version 1 in binary', header(0x11, 0x11, ipv4)],
    ['a command that is none', header(0x22, 0x11, ipv4)],
    ['addresses that are cut off', header(0x21, 0x11, ipv4.subarray(0, 11))],
    ['IPv6 with the length of IPv4', header(0x21, 0x21, ipv4)],
    ['more than any balancer says', header(0x21, 0x11, ipv4, 4_097)],
  ])('is not %s', (_what, bytes) => expect(parseProxyHeader(bytes)).toBe('invalid'));
});

describe('over a socket', () => {
  let server: Server;
  let peer: Socket;
  let client: Socket;
  let taken: (string | null)[];
  let refused: string[];

  beforeEach(async () => {
    [taken, refused] = [[], []];
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const arrived = once(server, 'connection');
    client = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {});
    [peer] = (await arrived) as [Socket];
    peer.on('error', () => {});
  });
  afterEach(() => {
    client.destroy();
    peer.destroy();
    server.close();
  });
  const take = (patienceMs?: number) =>
    takeProxyHeader(
      peer,
      { taken: (source) => taken.push(source), refused: (reason) => refused.push(reason) },
      patienceMs,
    );

  it('is taken off, byte for byte, and what follows is left', async () => {
    take();
    client.setNoDelay(true);
    const bytes = Buffer.concat([header(0x21, 0x11, Buffer.concat([ipv4, tlv])), Buffer.from('hello')]);
    for (const byte of bytes) {
      client.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until('it to be taken', () => taken.length === 1);
    expect(taken).toEqual(['203.0.113.9']);
    let rest = '';
    peer.on('data', (data) => {
      rest += String(data);
    });
    peer.resume();
    await until('the rest', () => rest === 'hello');
    expect(refused).toEqual([]);
  });

  it('is cut when it is none', async () => {
    take();
    client.write(Buffer.from([0x16, 0x03, 0x01, 0, 0]));
    await until('it to be cut', () => peer.destroyed);
    expect(refused).toEqual(['proxy-header-invalid']);
  });

  it('is cut when it does not come to its end, however it drips', async () => {
    take(300);
    const bytes = header(0x21, 0x11, Buffer.concat([ipv4, Buffer.alloc(2_000)]));
    let at = 0;
    const drip = setInterval(() => client.write(bytes.subarray(at, ++at)), 20);
    await until('it to be cut', () => peer.destroyed);
    clearInterval(drip);
    expect([refused, taken]).toEqual([['proxy-header-missing'], []]);
  });

  it('ends with a peer that only knocks', async () => {
    take();
    client.end();
    await until('it to be gone', () => peer.destroyed);
    expect([refused, taken]).toEqual([[], []]);
  });
});
