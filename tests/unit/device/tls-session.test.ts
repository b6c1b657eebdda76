/** Which session a terminal offers, and when it lets one go. */
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Identity } from '../../../device/identity/identity.ts';
import { createTlsSession, type TlsSession } from '../../../device/uplink/tls-session.ts';
import { authorityOf, issueIdentity } from '../../support/certificates.ts';

let folder: string;
let identity: Identity;
let renewed: Identity;
let tls: TlsSession;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'manyi-session-'));
  const authority = await authorityOf(folder);
  identity = await issueIdentity(authority, 't-1');
  renewed = await issueIdentity(authority, 't-1');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  tls = createTlsSession();
});

const offered = (of = identity) => tls.offer(of).session?.toString();
/** A connection that gives these sessions. */
const connect = (of: Identity, ...given: string[]) => {
  const first = offered(of);
  const stream = new EventEmitter();
  tls.listen(stream);
  for (const session of given) stream.emit('session', Buffer.from(session));
  return { first, stream };
};

describe('a session', () => {
  it('is offered once the gateway has let its connection in, the newest of all', () => {
    expect(connect(identity, 'a', 'b').first).toBeUndefined();
    tls.welcome();
    expect(offered()).toBe('b');
  });

  it('that comes later, while the connection is there, is the newest', () => {
    const { stream } = connect(identity, 'a');
    tls.welcome();
    stream.emit('session', Buffer.from('late'));
    expect(offered()).toBe('late');
  });

  it('is offered again where it was gone on with, which gives no new one', () => {
    connect(identity, 'a');
    tls.welcome();
    for (let times = 0; times < 3; times++) {
      expect(connect(identity).first).toBe('a');
      tls.welcome();
    }
  });

  it('of a connection that was not let in is not kept', () => {
    connect(identity, 'a');
    expect(tls.failed(true)).toBe(false);
    expect(offered()).toBeUndefined();
  });

  it('belongs to one certificate, and is gone with it', () => {
    const { stream } = connect(identity, 'a');
    tls.welcome();
    expect(offered(renewed)).toBeUndefined();
    // The connection of before is still ending.
    stream.emit('session', Buffer.from('of the old one'));
    tls.welcome();
    expect(offered(renewed)).toBeUndefined();
    expect(offered(identity)).toBeUndefined();
  });

  it('belongs to one authority', () => {
    connect(identity, 'a');
    tls.welcome();
    expect(offered({ ...identity, authority: renewed.certificate })).toBeUndefined();
  });

  it('is kept through an outage, however long, and let go at once when a peer has answered that it will not do', () => {
    connect(identity, 'a');
    tls.welcome();
    for (let times = 0; times < 50; times++) {
      expect(connect(identity).first).toBe('a');
      expect(tls.failed(false)).toBe(false);
    }
    expect(offered()).toBe('a');
    expect(tls.failed(true)).toBe(true);
    expect(offered()).toBeUndefined();
    // Once: without a session it is another matter.
    expect(tls.failed(true)).toBe(false);
  });

  it('is left out of each tenth connection that a peer takes and ends without a word, and kept', () => {
    connect(identity, 'a');
    tls.welcome();
    const tries = Array.from({ length: 21 }, () => {
      const { first, stream } = connect(identity);
      stream.emit('connect');
      tls.failed(false);
      return first;
    });
    const nine = Array.from({ length: 9 }, () => 'a');
    expect(tries).toEqual([...nine, undefined, ...nine, undefined, 'a']);
    tls.welcome();
    expect(connect(identity).first).toBe('a');
  });
});

describe('another session of the same certificate', () => {
  it('takes the place of the one that is kept, and has its own age', () => {
    let now = 1_000;
    tls = createTlsSession(() => now);
    expect(tls.held()).toBeNull();
    connect(identity, 'a');
    expect(tls.held()).toBeNull();
    tls.welcome();
    const held = tls.held() as NonNullable<ReturnType<TlsSession['held']>>;
    expect(held.sinceMs).toBe(1_000);
    now = 5_000;
    // Gone on with, it is as old as it was.
    connect(identity);
    tls.welcome();
    expect(tls.held()?.sinceMs).toBe(1_000);
    tls.keep(held.context, Buffer.from('b'));
    expect(tls.held()?.sinceMs).toBe(5_000);
    expect(offered()).toBe('b');
    offered(renewed);
    tls.keep(held.context, Buffer.from('of the old one'));
    expect(offered(renewed)).toBeUndefined();
  });
});

describe('what is connected with', () => {
  it('is read once a certificate', () => {
    const { secureContext } = tls.offer(identity);
    expect(tls.offer({ ...identity }).secureContext).toBe(secureContext);
    expect(tls.offer(renewed).secureContext).not.toBe(secureContext);
  });

  it('is refused when it is none', () => {
    expect(() => tls.offer({ ...identity, key: 'no key' })).toThrow();
  });
});
