/** What may be done through the ports that are written once, drawn for property tests; and all that can be read of it. */
import fc from 'fast-check';
import type { AuditLine, Changes } from '../../gateway/store/changes.ts';
import type { OrgTx } from '../../gateway/store/org.ts';
import type { SqlPorts } from '../../gateway/store/sql/ports.ts';

export const AT = 1_795_000_000_000;
const LINE: AuditLine = {
  by: { actor: { kind: 'cli', user: 'test' }, origin: 'local' },
  action: 'test',
  target: { kind: 'data' },
};
const NOBODY = 999_999;

/** Few, so that they meet; some that a locale orders otherwise than their bytes. */
const id = fc.constantFrom('a', 'B', 'b-1', 'ä', '云岭', '😀');
const at = fc.nat({ max: 5 }).map((ms) => AT + ms);
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null, freq: 1 });
const hash = (text: string) => Buffer.from(text.padEnd(32, '.'));

export type Step = {
  name: string;
  run(ports: SqlPorts, keyOf: (terminal: string) => number): Promise<unknown>;
};

/** Keys are each database's own: a number is left out where a transaction was undone. */
const step = <T>(name: string, of: fc.Arbitrary<T>, run: (given: T) => Step['run']): fc.Arbitrary<Step> =>
  of.map((given) => ({ name: `${name} ${JSON.stringify(given)}`, run: run(given) }));
const write = <Tx>({ change }: Changes<Tx>, act: (tx: Tx) => Promise<unknown>) =>
  change(async (tx) => {
    const given = await act(tx);
    return tx.audited(LINE, given ?? null);
  });

export const STEPS: fc.Arbitrary<Step>[] = [
  step(
    'unit',
    fc.record({ id, parentId: maybe(id), name: id }),
    (unit) =>
      ({ org }) =>
        write(org, (tx) => tx.addUnit(unit)),
  ),
  step(
    'window',
    fc.record({ id, unitId: id, name: id }),
    (one) =>
      ({ org }) =>
        write(org, (tx) => tx.addWindow(one)),
  ),
  step(
    'move',
    fc.record({ id, to: maybe(id), at, isUnit: fc.boolean() }),
    ({ id: moved, to, at: now, isUnit }) =>
      ({ org }) =>
        write<OrgTx>(org, (tx) =>
          isUnit || to === null ? tx.moveUnit(moved, to, now) : tx.moveWindow(moved, to, now),
        ),
  ),
  step(
    'rename',
    fc.record({ id, name: id, at, isUnit: fc.boolean() }),
    ({ id: renamed, name, at: now, isUnit }) =>
      ({ org }) =>
        write<OrgTx>(org, (tx) =>
          isUnit ? tx.renameUnit(renamed, name, now) : tx.renameWindow(renamed, name, now),
        ),
  ),
  step(
    'terminal',
    fc.record({ id, windowId: id }),
    (one) =>
      ({ fleet }) =>
        write(fleet, (tx) => tx.addTerminal(one)),
  ),
  step(
    'seen',
    fc.record({ seen: fc.array(fc.record({ id, at })), at }),
    ({ seen, at: now }) =>
      ({ org }, keyOf) =>
        org.noteSeen(
          seen.map((one) => ({ terminalKey: keyOf(one.id), at: one.at })),
          now,
        ),
  ),
  step(
    'certificate',
    fc.record({ id, serial: id, at }),
    (one) =>
      ({ fleet }, keyOf) =>
        write(fleet, (tx) =>
          tx.addCertificate({
            ...{ serial: one.serial, terminalKey: keyOf(one.id), publicKey: one.id },
            ...{ issuedAt: one.at, expiresAt: one.at + 9 },
          }),
        ),
  ),
  step(
    'revoke',
    fc.record({ id, serial: maybe(id), at }),
    (one) =>
      ({ fleet }, keyOf) =>
        write(fleet, async (tx) =>
          (await tx.revokeCertificates(keyOf(one.id), one.serial, one.at, 'x')).sort(),
        ),
  ),
  step(
    'use',
    fc.array(fc.record({ id, serial: id, at }), { maxLength: 3 }),
    (all) =>
      ({ fleet }, keyOf) =>
        fleet.noteCertificateUses(
          all.map((one) => ({
            ...{ serial: one.serial, terminalKey: keyOf(one.id), publicKey: one.id },
            ...{ expiresAt: one.at + 9, at: one.at },
          })),
        ),
  ),
  step(
    'code',
    fc.record({ id, secret: id, at }),
    (one) =>
      ({ fleet }, keyOf) =>
        write(fleet, (tx) =>
          tx.openEnrolment({ terminalKey: keyOf(one.id), secretHash: hash(one.secret), expiresAt: one.at }),
        ),
  ),
  step(
    'bind',
    fc.record({ id, secret: id, key: id }),
    (one) =>
      ({ fleet }, keyOf) =>
        write(fleet, (tx) => tx.bindEnrolment(keyOf(one.id), hash(one.secret), one.key)),
  ),
  step(
    'account',
    fc.record({ name: id, unitId: maybe(id), must: fc.boolean(), at }),
    (one) =>
      ({ people }) =>
        write(people, (tx) =>
          tx.addAccount({
            ...{ name: one.name, displayName: one.name, role: 'operator', unitId: one.unitId },
            ...{ passwordHash: 'x', mustChangePassword: one.must, createdAt: one.at, disabledAt: null },
          }),
        ),
  ),
  step(
    'changed',
    fc.record({ name: id, unitId: maybe(id), disabledAt: maybe(at) }),
    (one) =>
      ({ people }) =>
        write(people, (tx) => tx.changeAccount(one.name, { unitId: one.unitId, disabledAt: one.disabledAt })),
  ),
  step(
    'session',
    fc.record({ id, name: id, token: id, at }),
    (one) =>
      ({ people }) =>
        write(people, (tx) =>
          tx.addSession(
            {
              ...{ id: one.id, accountName: one.name, createdAt: one.at, lastUsedAt: one.at },
              ...{ address: '10.0.0.1', userAgent: one.token },
            },
            hash(one.token),
          ),
        ),
  ),
  step(
    'ended',
    fc.record({ name: id, except: maybe(id) }),
    (one) =>
      ({ people }) =>
        write(people, (tx) => tx.endSessionsOf(one.name, one.except)),
  ),
  step(
    'link',
    fc.record({ id, unitId: maybe(id), token: id, at }),
    (one) =>
      ({ people }) =>
        write(people, (tx) =>
          tx.addLink(
            {
              ...{ id: one.id, kind: 'wall', name: one.token, unitId: one.unitId, createdAt: one.at },
              ...{
                createdBy: { kind: 'unknown', text: 'x' },
                lastUsedAt: null,
                expiresAt: one.at + 5,
                revokedAt: null,
              },
            },
            hash(one.token),
          ),
        ),
  ),
  step(
    'used',
    fc.record({ sessions: fc.array(fc.record({ id, at })), links: fc.array(fc.record({ id, at })) }),
    (one) =>
      ({ people }) =>
        people.noteUse({ ...one, over: [] }),
  ),
  step(
    'told',
    fc.record({ id, command: id, at }),
    (one) =>
      ({ commands }, keyOf) =>
        write(commands, (tx) =>
          tx.addCommand({
            ...{
              id: one.command,
              terminalKey: keyOf(one.id),
              op: 'x',
              args: { journal: one.id },
              reason: one.id,
            },
            ...{ madeAt: one.at, madeBy: 'x', expiresAt: one.at + 5 },
          }),
        ),
  ),
  step(
    'answered',
    fc.record({ id, command: id, ok: fc.boolean(), at }),
    (one) =>
      ({ commands }, keyOf) =>
        write(commands, (tx) =>
          tx.answerCommand(one.command, keyOf(one.id), {
            at: one.at,
            ok: one.ok,
            code: null,
            detail: one.id,
          }),
        ),
  ),
];

/** Everything that can be read, without keys. */
export async function readAll({ org, fleet, people, commands, audit }: SqlPorts) {
  const terminals = await org.terminals();
  const idOf = (key: number) => terminals.find((one) => one.key === key)?.id;
  const named = <T extends { terminalKey: number }>({ terminalKey, ...rest }: T) => ({
    ...{ terminal: idOf(terminalKey), ...rest },
  });
  const units = await org.units();
  const within = units.flatMap((one) => units.map((top) => [one.id, top.id] as const));
  return {
    units: units.map(({ key: _, ...rest }) => rest),
    windows: (await org.windows()).map(({ key: _, ...rest }) => rest),
    versions: (await org.versions()).map(({ kind, name, from }) => ({ kind, name, from })),
    terminals: terminals.map(({ id, windowId, lastSeenAt }) => ({ id, windowId, lastSeenAt })),
    certificates: (await fleet.certificates()).map(named),
    enrolments: (await fleet.enrolments()).map(named),
    accounts: await people.accounts(),
    sessions: await people.sessions(null),
    links: await people.links(),
    within: await Promise.all(
      within.map(async ([one, top]) => [one, top, await people.isUnitWithin(one, top)]),
    ),
    open: (await commands.openCommands()).map(named),
    told: await Promise.all(terminals.map(async ({ key }) => (await commands.commandsOf(key, 9)).map(named))),
    lines: (await audit.entries({ limit: 99 })).map(({ hash: _, ...rest }) => rest),
  };
}

/** @returns what it gave, or the code it was refused with. */
export async function takeStep(ports: SqlPorts, { run }: Step): Promise<unknown> {
  const terminals = await ports.org.terminals();
  const keyOf = (terminal: string) => terminals.find((one) => one.id === terminal)?.key ?? NOBODY;
  try {
    return { given: (await run(ports, keyOf)) ?? null };
  } catch (error) {
    const { name, code } = error as { name: string; code?: string };
    return { refused: code ?? name };
  }
}
