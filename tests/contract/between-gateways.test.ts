/** Several gateways on one database, without any word from one to the other: what is done at one holds at the other. */
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAdmission } from '../../gateway/fleet/admission.ts';
import { createCertificates } from '../../gateway/fleet/certificates.ts';
import { createEnrolment } from '../../gateway/fleet/enrolment.ts';
import { createProvisioning } from '../../gateway/fleet/provisioning.ts';
import type { Login } from '../../gateway/mqtt/broker.ts';
import { createRegistry } from '../../gateway/org/registry.ts';
import type { By } from '../../gateway/store/changes.ts';
import { followStoreChanges } from '../../gateway/watch/store-changes.ts';
import { createPutAway } from '../../gateway/wiring/put-away.ts';
import type { Command } from '../../protocol/command.ts';
import type { Health } from '../../protocol/health.ts';
import { type OpenPorts, type PortsHome, portHomes } from '../support/port-homes.ts';
import { addSmallTown } from '../support/tree.ts';

const BY: By = { actor: { kind: 'cli', user: 'test' }, origin: 'local' };
const HOUR_MS = 3_600_000;
const signer = {
  certificate: '',
  fingerprint: 'ab'.repeat(32),
  issueTerminal: async () => ({
    pem: '',
    serial: 'ISSUED',
    expiresAt: Date.now() + HOUR_MS,
    publicKey: 'key',
  }),
};
const health = (...unsent: number[]): Health => ({
  ...{ uptimeS: 1, clock: 'ntp', inputs: [] },
  journal: {
    ...{ depth: 0, kept: 0 },
    setAside: unsent.map((votes, at) => ({ id: `journal-${at}`, at: 1, reason: 'corrupt', unsent: votes })),
  },
});
const withCertificate = (serial: string, terminalId = 't-1'): Login => ({
  terminalId,
  password: Buffer.alloc(0),
  certificate: {
    ...{ trusted: true, commonName: terminalId, serial, expiresAt: Date.now() + HOUR_MS },
    publicKey: () => `key of ${serial}`,
  },
});

/** What a gateway has of terminals, without its door and its clockwork: nothing comes round by itself. */
async function openGateway(ports: OpenPorts) {
  const reading: (() => unknown)[] = [];
  const changes = await followStoreChanges(ports.upkeep, async () => {
    for (const read of reading) await read();
  });
  const registry = await createRegistry(ports.org);
  const certificates = await createCertificates(ports.fleet, Date.now);
  const [now, monotonic] = [Date.now, () => performance.now()];
  const enrolment = await createEnrolment({
    ...{ store: ports.fleet, authority: signer, now, monotonic, days: 1, follow: changes.look },
    issued: async () => {},
  });
  const here = new Set<string>();
  const said: { topic: string; command: Command }[] = [];
  const putAway = await createPutAway({
    ...{ store: ports.commands, registry, now, monotonic, look: changes.look },
    ...{ log: pino({ level: 'silent' }), touch: () => {}, writtenOff: async () => {} },
    isHere: (id) => here.has(id),
    say: (topic, payload) => void said.push({ topic, command: JSON.parse(payload) }),
    storageFailed(error) {
      throw error;
    },
  });
  reading.push(registry.reload, certificates.reload, enrolment.reload, putAway.follow);
  return {
    ...{ certificates, putAway, here, said, look: changes.look },
    admit: createAdmission({
      ...{ registry, certificates, enrolment, follow: changes.look },
      adopt: async () => {
        throw new Error('every certificate here is on record');
      },
    }),
    provisioning: createProvisioning({ store: ports.fleet, authority: signer, now, changed: changes.tell }),
    terminal: (id: string) => ({ id, key: registry.terminal(id)?.key as number }),
  };
}

describe.each(portHomes())('gateways on one database in %s', (_name, createHome) => {
  let home: PortsHome;
  let opened: OpenPorts[];
  let one: Awaited<ReturnType<typeof openGateway>>;
  let other: typeof one;
  beforeEach(async () => {
    home = await createHome();
    opened = [await home.open(), await home.open()];
    const [first, second] = opened as [OpenPorts, OpenPorts];
    await addSmallTown(first);
    await first.fleet.change(async (tx) => {
      const terminalKey = (await tx.terminal('t-1'))?.key as number;
      const made = { terminalKey, publicKey: 'x', expiresAt: Date.now() + HOUR_MS };
      await tx.addCertificate({ ...made, serial: 'OLD', issuedAt: 1 });
      await tx.addCertificate({ ...made, serial: 'NEW', issuedAt: 2 });
      return tx.audited({ by: BY, action: 'test', target: { kind: 'data' } }, undefined);
    });
    [one, other] = [await openGateway(first), await openGateway(second)];
  });
  afterEach(async () => {
    await Promise.all(opened.map((ports) => ports.close()));
    await home.dispose();
  });

  it('refuse what was revoked at one of them, from its commit on', async () => {
    expect(await other.admit(withCertificate('NEW'))).toBe('terminal');
    await one.provisioning.revoke(BY, 't-1', 'NEW', '被盗');
    expect(await Promise.all(Array.from({ length: 40 }, () => other.admit(withCertificate('NEW'))))).toEqual(
      Array.from({ length: 40 }, () => ({ refused: 'certificate-revoked' })),
    );
    expect(await other.admit(withCertificate('OLD'))).toBe('terminal');
  });

  it('refuse what a certificate has replaced that was used at one of them', async () => {
    expect(await one.admit(withCertificate('NEW'))).toBe('terminal');
    await one.certificates.save();
    expect(await other.admit(withCertificate('OLD'))).toEqual({ refused: 'certificate-revoked' });
    expect(other.certificates.isGood('OLD')).toBe(false);
  });

  it('let a new terminal in with its newest code alone, whichever has given it', async () => {
    const come = (gateway: typeof one, { code }: { code: string }) => {
      const password = Buffer.from(code.split('.')[1] as string);
      return gateway.admit({ terminalId: 't-new', certificate: null, password });
    };
    const first = await one.provisioning.add(BY, { id: 't-new', windowId: 'w2' }, 1);
    expect(await come(other, first)).toHaveProperty('code');
    const second = await one.provisioning.openCode(BY, 't-new', 1);
    expect(await come(other, first)).toEqual({ refused: 'code-wrong' });
    expect(await come(other, second)).toHaveProperty('code');
    await one.provisioning.revoke(BY, 't-new', null, '换卡');
    expect(await come(other, second)).toEqual({ refused: 'code-wrong' });
  });

  it('tell a terminal where it is what was ordered at another one, and show its answer at each', async () => {
    other.here.add('t-1');
    other.putAway.health.take('t-1', health(3, 4));
    await other.putAway.save();
    await one.look();
    expect(one.putAway.health.setAsideVotes('t-1')).toBe(7);
    const journals = await one.putAway.desk.journals('t-1');
    expect(journals.map(({ journal }) => journal.id)).toEqual(['journal-0', 'journal-1']);

    const order = { terminalId: 't-1', op: 'journal-send', journal: 'journal-0', reason: '换卡' } as const;
    const { id } = await one.putAway.desk.order(BY, order);
    expect(one.said).toEqual([]);
    await other.look();
    expect(other.said).toMatchObject([
      { topic: 'manyi/v1/t-1/command', command: { id, op: 'journal-send' } },
    ]);

    // It has moved meanwhile, and its answer comes first.
    other.here.clear();
    one.here.add('t-1');
    await one.putAway.answered(one.terminal('t-1'), { id, ok: true });
    expect(await other.putAway.desk.commands('t-1')).toMatchObject([{ id, answer: { ok: true } }]);
    await one.look();
    await other.look();
    await one.putAway.save();
    expect([one.said.length, other.said.length]).toEqual([0, 1]);
  });

  it('take an answer to what another one has just brought, before they have read of it', async () => {
    one.here.add('t-1');
    one.putAway.health.take('t-1', health(3));
    const order = { terminalId: 't-1', op: 'journal-drop', journal: 'journal-0', reason: '坏卡' } as const;
    const { id } = await one.putAway.desk.order(BY, order);
    expect(one.said).toHaveLength(1);
    await other.putAway.answered(other.terminal('t-1'), { id, ok: true });
    expect(await one.putAway.desk.commands('t-1')).toMatchObject([{ id, answer: { ok: true } }]);
  });
});
