/** The name of a ticket's key, as real ClientHellos have it, and whatever else may come. */
import { randomBytes } from 'node:crypto';
import { type AddressInfo, createServer as createPlainServer } from 'node:net';
import { connect, createServer } from 'node:tls';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { ticketKeyNameIn } from '../../gateway/mqtt/client-hello.ts';
import { createCertificate } from '../support/certificate.ts';

const KEYS = randomBytes(48);
const NAME = KEYS.toString('hex', 0, 16);
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
type Version = (typeof VERSIONS)[number];

/** With a session and without. */
const hellos = new Map<Version, { bare: Buffer; resuming: Buffer }>();

async function sessionOf(version: Version): Promise<Buffer> {
  const server = createServer({ ...(await createCertificate()), ticketKeys: KEYS });
  server.on('secureConnection', (socket) => void socket.on('error', () => {}).end('x'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, maxVersion: version });
  const session = await new Promise<Buffer>((resolve) => socket.once('session', resolve).resume());
  socket.destroy();
  server.close();
  return session;
}

async function helloOf(version: Version, session?: Buffer): Promise<Buffer> {
  const server = createPlainServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const said = new Promise<Buffer>((resolve) =>
    server.once('connection', (socket) => {
      socket.on('error', () => {});
      socket.once('data', (data: Buffer) => {
        resolve(data);
        socket.destroy();
      });
    }),
  );
  const socket = connect({
    ...{ port, host: '127.0.0.1', servername: 'gateway.manyi.internal', rejectUnauthorized: false },
    ...{ minVersion: 'TLSv1.2', maxVersion: version, ...(session ? { session } : {}) },
  });
  socket.on('error', () => {});
  const hello = await said;
  socket.destroy();
  server.close();
  return hello;
}

beforeAll(async () => {
  for (const version of VERSIONS)
    hellos.set(version, {
      bare: await helloOf(version),
      resuming: await helloOf(version, await sessionOf(version)),
    });
});

describe.each(VERSIONS)('a ClientHello of %s', (version) => {
  const hello = () => hellos.get(version) as { bare: Buffer; resuming: Buffer };

  it('has the name of the key that its ticket is sealed with, or none', () => {
    expect(ticketKeyNameIn(hello().resuming)).toBe(NAME);
    expect(ticketKeyNameIn(hello().bare)).toBeNull();
  });

  it('that is cut off anywhere has the name or none, and nothing else', () => {
    const { resuming } = hello();
    const found = new Set<string | null>();
    for (let end = 0; end <= resuming.length; end++) found.add(ticketKeyNameIn(resuming.subarray(0, end)));
    expect(found).toEqual(new Set([null, NAME]));
  });

  it('that is garbled is read without harm', () => {
    const { resuming } = hello();
    fc.assert(
      fc.property(fc.nat(resuming.length - 1), fc.nat(255), (at, byte) => {
        const garbled = Buffer.from(resuming);
        garbled.writeUInt8(byte, at);
        const name = ticketKeyNameIn(garbled);
        expect(name === null || name.length === 32).toBe(true);
      }),
    );
  });
});

it('anything else has no name, and does no harm', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      const name = ticketKeyNameIn(Buffer.from(bytes));
      expect(name === null || name.length === 32).toBe(true);
    }),
  );
  // As a handshake's first bytes would have it.
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      const name = ticketKeyNameIn(Buffer.concat([Buffer.from([22, 3, 1, 1, 0, 1, 0, 0, 252]), bytes]));
      expect(name === null || name.length === 32).toBe(true);
    }),
  );
});
