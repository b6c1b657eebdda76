/** Several gateways on one database, without any word from one to the other: what is done at one holds at the other. */
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAdmission } from '../../gateway/fleet/admission.ts';
import { createCertificates } from '../../gateway/fleet/certificates.ts';
import { createEnrolment } from '../../gateway/fleet/enrolment.ts';
import { createProvisioning } from '../../gateway/fleet/provisioning.ts';
import type { Login } from '../../gateway/mqtt/broker.ts';
import { createRegistry } from '../../gateway/org/registry.ts';
import { createPeople, DEFAULT_SESSION_LIMITS } from '../../gateway/people/people.ts';
import type { By } from '../../gateway/store/changes.ts';
import { StoreFailure } from '../../gateway/store/failures.ts';
import type { Lease } from '../../gateway/store/leases.ts';
import { followStoreChanges } from '../../gateway/watch/store-changes.ts';
import { createPutAway } from '../../gateway/wiring/put-away.ts';
import type { Command } from '../../protocol/command.ts';
import type { Health } from '../../protocol/health.ts';
import { type OpenPorts, type PortsHome, portHomes } from '../support/port-homes.ts';
import { addSmallTown } from '../support/tree.ts';

const BY: By = { actor: { kind: 'cli', user: 'test' }, origin: 'local' };
const HOUR_MS = 3_600_000;
let aheadMs = 0;
const now = () => Date.now() + aheadMs;
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
  const monotonic = () => performance.now();
  const enrolment = await createEnrolment({
    ...{ store: ports.fleet, authority: signer, now, monotonic, days: 1, follow: changes.look },
    issued: async () => {},
  });
  const here = new Set<string>();
  const said: { topic: string; command: Command }[] = [];
  const putAway = await createPutAway({
    ...{ store: ports.commands, registry, now, monotonic, look: changes.look },
    ...{ log: pino({ level: 'silent' }), touch: () => {}, writtenOff: async () => {} },
    isElsewhere: () => false,
    isHere: (id) => here.has(id),
    say: (topic, payload) => void said.push({ topic, command: JSON.parse(payload) }),
    storageFailed(error) {
      throw error;
    },
  });
  reading.push(registry.reload, certificates.reload, enrolment.reload, putAway.follow);
  const admitAfter = (follow: () => Promise<boolean>) =>
    createAdmission({
      ...{ registry, certificates, enrolment, follow },
      adopt: async () => {
        throw new Error('every certificate here is on record');
      },
    });
  return {
    ...{ certificates, putAway, here, said, look: changes.look, admitAfter },
    admit: admitAfter(changes.look),
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
    aheadMs = 0;
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

  it('let in by memory who is known, and nobody else, while the database does not answer', async () => {
    const away = () => Promise.reject(new StoreFailure('database-unreachable', 'it is away'));
    const still = () => new Promise<never>(() => {});
    for (const admit of [one.admitAfter(away), one.admitAfter(still)])
      expect(await admit(withCertificate('NEW'))).toBe('terminal');
    await one.provisioning.revoke(BY, 't-1', 'OLD', '换卡');
    const others = [withCertificate('OLD'), withCertificate('ODD'), withCertificate('NEW', 't-9')];
    for (const login of others)
      await expect(one.admitAfter(away)(login)).rejects.toMatchObject({ code: 'database-unreachable' });
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
  it('answer what no gateway could bring in time once, and only the one that has it to do', async () => {
    one.putAway.health.take('t-1', health(3, 4));
    const order = { terminalId: 't-1', op: 'journal-send', reason: '换卡' } as const;
    const { id } = await one.putAway.desk.order(BY, { ...order, journal: 'journal-0' });
    other.here.add('t-1');
    await other.look();
    await one.putAway.desk.order(BY, { ...order, journal: 'journal-1' });
    expect([one.putAway.hasExpired(), other.said.length]).toEqual([false, 1]);
    aheadMs = 8 * 24 * HOUR_MS;
    expect(one.putAway.hasExpired()).toBe(true);

    const [{ leases }] = opened as [OpenPorts];
    const lost = await leases.take('expire-commands', 'one', HOUR_MS);
    await leases.release(lost as Lease);
    const held = await leases.take('expire-commands', 'other', HOUR_MS);
    await expect(one.putAway.expire(lost as Lease)).rejects.toMatchObject({ code: 'lease-lost' });
    const answers = async () =>
      (await one.putAway.desk.commands('t-1')).map((command) => [command.id === id, command.answer?.code]);
    expect(await answers()).toEqual([
      [false, undefined],
      [true, undefined],
    ]);
    await other.putAway.expire(held as Lease);
    // What was brought may be under way.
    expect(await answers()).toEqual([
      [false, 'expired'],
      [true, undefined],
    ]);
    await one.look();
    expect([one.putAway.hasExpired(), other.putAway.hasExpired()]).toEqual([false, false]);
  });

  it('end what one of them has ended, and know a role that one of them has changed', async () => {
    const people = ({ people: store }: OpenPorts) =>
      createPeople({ store, now, monotonic: () => performance.now(), limits: DEFAULT_SESSION_LIMITS });
    const [here, there] = await Promise.all((opened as [OpenPorts, OpenPorts]).map(people));
    if (!here || !there) throw new Error('two gateways are needed');
    const add = (name: string) =>
      here.accounts.add(BY, { name, displayName: name, role: 'operator', unitId: null });
    const { account } = await add('li');
    await here.accounts.add(BY, { name: 'boss', displayName: 'b', role: 'administrator', unitId: null });
    const by: By = { actor: { kind: 'account', name: 'li' }, origin: '10.0.0.1' };
    const wall = await here.links.add(by, { kind: 'wall', name: '大屏', unitId: null });
    const open = () => here.sessions.open(account, '10.0.0.1', '');
    const [kept, ended] = [await open(), await open()];
    const standing = async () => [
      await there.signIn.identify(kept.token),
      await there.signIn.identify(ended.token),
      await there.signIn.identify(wall.token),
    ];
    expect((await standing()).map((one) => one?.standing)).toEqual(['operator', 'operator', 'wall']);
    await here.sessions.revoke(BY, ended.id, { seen: null, ended: null });
    expect((await standing()).map((one) => one?.standing)).toEqual(['operator', undefined, 'wall']);
    await here.accounts.change(BY, 'li', { role: 'technician' });
    expect(await standing()).toEqual([null, null, null]);
    await here.accounts.change(BY, 'li', { role: 'operator' });
    expect((await standing()).map((one) => one?.standing)).toEqual([undefined, undefined, 'wall']);
    await here.links.revoke(BY, wall.link.id);
    expect(await standing()).toEqual([null, null, null]);
    there.used({ kind: 'link', id: wall.link.id, name: '墙', standing: 'wall', unitId: null });
    await there.save();
    expect((await here.links.list()).map(({ lastUsedAt }) => lastUsedAt)).toEqual([expect.any(Number)]);
  });
});
