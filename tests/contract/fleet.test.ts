/** What every store keeps of the certificates of terminals, and of the codes that they enrol with. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { By } from '../../gateway/store/changes.ts';
import type { FleetTx } from '../../gateway/store/fleet.ts';
import { type OpenPorts, type PortsHome, portHomes } from '../support/port-homes.ts';
import { addSmallTown } from '../support/tree.ts';

const AT = 1_795_000_000_000;
const BY: By = { actor: { kind: 'cli', user: 'test' }, origin: 'local' };
const hash = (text: string) => Buffer.from(text.padEnd(32, '.'));
const certificate = (serial: string, terminalKey: number, issuedAt = AT) => ({
  ...{ serial, terminalKey, issuedAt },
  publicKey: `key of ${serial}`,
  expiresAt: AT + 1_000_000,
});

describe.each(portHomes())('the fleet in %s', (_name, createHome) => {
  let home: PortsHome;
  let store: OpenPorts;
  let first: number;
  let second: number;
  beforeEach(async () => {
    home = await createHome();
    store = await home.open();
    await addSmallTown(store);
    first = (await store.fleet.terminal('t-1'))?.key as number;
    second = (await store.fleet.terminal('t-2'))?.key as number;
  });
  afterEach(async () => {
    await store.close();
    await home.dispose();
  });
  const change = <T>(act: (tx: FleetTx) => Promise<T>) =>
    store.fleet.change(async (tx) => {
      const result = await act(tx);
      return tx.audited({ by: BY, action: 'test', target: { kind: 'data' } }, result);
    });
  const standing = async (terminalKey?: number) =>
    (await store.fleet.certificates(terminalKey)).map(({ serial, revokedAt, reason }) => [
      serial,
      revokedAt,
      reason,
    ]);

  it('adds terminals at windows that there are, once', async () => {
    await expect(change((tx) => tx.addTerminal({ id: 't-9', windowId: 'w9' }))).rejects.toMatchObject({
      code: 'window-unknown',
    });
    await expect(change((tx) => tx.addTerminal({ id: 't-1', windowId: 'w2' }))).rejects.toMatchObject({
      code: 'id-taken',
    });
    expect(await store.fleet.terminal('t-9')).toBeUndefined();
    expect(await store.fleet.terminal('t-1')).toMatchObject({ windowId: 'w1' });
  });

  it('keeps certificates, the oldest of a terminal first, and what they were withdrawn for', async () => {
    await change(async (tx) => {
      await tx.addCertificate(certificate('B', first, AT + 1));
      await tx.addCertificate(certificate('A', first));
      await tx.addCertificate(certificate('C', second));
      await tx.addCertificate({ ...certificate('A', second), publicKey: 'another' });
    });
    expect(await standing()).toEqual([
      ['A', null, null],
      ['B', null, null],
      ['C', null, null],
    ]);
    expect(await change((tx) => tx.revokeCertificates(first, 'A', AT + 5, 'stolen'))).toEqual(['A']);
    expect(await change((tx) => tx.revokeCertificates(first, 'A', AT + 6, 'again'))).toEqual([]);
    expect(await change((tx) => tx.revokeCertificates(second, 'B', AT + 6, 'of another'))).toEqual([]);
    expect(await change((tx) => tx.revokeCertificates(first, null, AT + 7, 'all'))).toEqual(['B']);
    expect(await standing(first)).toEqual([
      ['A', AT + 5, 'stolen'],
      ['B', AT + 7, 'all'],
    ]);
    expect(await standing(second)).toEqual([['C', null, null]]);
  });

  it('withdraws at the first use what came before, not what came after, and closes the code', async () => {
    await change(async (tx) => {
      await tx.addCertificate(certificate('old', first, AT));
      await tx.addCertificate(certificate('used', first, AT + 1));
      await tx.addCertificate(certificate('next', first, AT + 2));
      await tx.addCertificate(certificate('other', second, AT));
      await tx.openEnrolment({ terminalKey: first, secretHash: hash('code'), expiresAt: AT + 9 });
      await tx.bindEnrolment(first, hash('code'), 'key of used');
      await tx.openEnrolment({ terminalKey: second, secretHash: hash('stays'), expiresAt: AT + 9 });
    });
    const use = { ...certificate('used', first), at: AT + 10 };
    await store.fleet.noteCertificateUses([use]);
    await store.fleet.noteCertificateUses([{ ...use, at: AT + 99 }]);
    expect(await standing()).toEqual([
      ['old', AT + 10, 'superseded'],
      ['used', null, null],
      ['next', null, null],
      ['other', null, null],
    ]);
    const [, used] = await store.fleet.certificates(first);
    expect(used?.firstUsedAt).toBe(AT + 10);
    expect(await store.fleet.enrolments()).toEqual([
      { terminalKey: first, secretHash: hash('code'), expiresAt: 0, publicKey: 'key of used' },
      { terminalKey: second, secretHash: hash('stays'), expiresAt: AT + 9, publicKey: null },
    ]);
  });

  it('takes one that is not on record at its first use, and an open code that it did not come with goes', async () => {
    await change((tx) => tx.openEnrolment({ terminalKey: first, secretHash: hash('code'), expiresAt: AT }));
    await store.fleet.noteCertificateUses([{ ...certificate('found', first), at: AT + 3 }]);
    expect(await store.fleet.certificates(first)).toMatchObject([
      { serial: 'found', issuedAt: AT + 3, firstUsedAt: AT + 3, revokedAt: null },
    ]);
    expect(await store.fleet.enrolments()).toEqual([]);
  });

  it('leaves a new code open when the first use of what was revoked before is noted late', async () => {
    await change((tx) => tx.addCertificate(certificate('used', first)));
    await change((tx) => tx.revokeCertificates(first, null, AT + 1, '被盗'));
    await change((tx) => tx.openEnrolment({ terminalKey: first, secretHash: hash('new'), expiresAt: AT }));
    await store.fleet.noteCertificateUses([{ ...certificate('used', first), at: AT }]);
    expect(await store.fleet.certificates(first)).toMatchObject([{ revokedAt: AT + 1, reason: '被盗' }]);
    expect(await store.fleet.enrolments()).toMatchObject([{ expiresAt: AT, secretHash: hash('new') }]);
  });

  it('binds a code to the first key that comes with it, until another code takes its place', async () => {
    const open = (text: string) =>
      change((tx) => tx.openEnrolment({ terminalKey: first, secretHash: hash(text), expiresAt: AT }));
    const bind = (text: string, key: string) => change((tx) => tx.bindEnrolment(first, hash(text), key));
    await open('one');
    expect([await bind('one', 'k1'), await bind('one', 'k1'), await bind('one', 'k2')]).toEqual([
      true,
      true,
      false,
    ]);
    expect(await bind('another', 'k1')).toBe(false);
    await open('two');
    expect([await bind('one', 'k1'), await bind('two', 'k2')]).toEqual([false, true]);
    await change((tx) => tx.closeEnrolment(first));
    expect(await bind('two', 'k2')).toBe(false);
  });
});
