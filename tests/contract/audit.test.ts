/** What every adapter keeps of the audit: lines in their order, each chained to the one before it, whoever writes them. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeActor } from '../../gateway/domain/actor.ts';
import type { AuditStore } from '../../gateway/store/audit.ts';
import type { AuditLine, By } from '../../gateway/store/changes.ts';
import { readChain } from '../support/audit-chain.ts';
import { type OpenPorts, type PortsHome, portHomes } from '../support/port-homes.ts';
import { addSmallTown } from '../support/tree.ts';

const AT = 1_795_000_000_000;
const BY: By = { actor: { kind: 'account', name: 'wang' }, origin: '10.0.0.1' };
const ACTOR = writeActor(BY.actor);
const line = (id: string, detail: Record<string, unknown> = {}): AuditLine => ({
  ...{ by: BY, action: 'votes.export', target: { kind: 'unit', id }, detail },
});
/** Of what it was done to. */
const idOf = ({ target }: { target: string }) => target.replace(/^unit:/, '');

describe.each(portHomes())('the audit in %s', (_name, createHome) => {
  let home: PortsHome;
  let ports: OpenPorts;
  beforeEach(async () => {
    home = await createHome();
    ports = await home.open({ now: () => AT, admit: () => {} });
  });
  afterEach(async () => {
    await ports.close();
    await home.dispose();
  });
  const write = (audit: AuditStore, ...lines: [AuditLine, ...AuditLine[]]) =>
    audit.change((tx) => tx.audited(lines, undefined));
  const chain = () => readChain(home.rows, home.auditKey());
  const targets = async (limit = 100) =>
    (await ports.audit.entries({ limit })).map((entry) => [entry.seq, idOf(entry)]);

  it('has nothing before the first line, and an end of it all the same', async () => {
    expect(await ports.audit.change(async (tx) => tx.unchanged('nothing'))).toBe('nothing');
    expect(await chain()).toEqual([]);
    expect(await ports.audit.entries({ limit: 9 })).toEqual([]);
    expect(await ports.audit.head()).toMatchObject({ seq: 0 });
  });

  it('gives lines back as they were, the newest first, in pages', async () => {
    const detail = { 名: '云岭', deep: { list: [1, 'two', null] }, odd: 'a\0b \ud800 \n "' };
    await write(ports.audit, line('one', detail), line('two'));
    await write(ports.audit, line('three'));
    const [three, two, one] = await ports.audit.entries({ limit: 3 });
    expect(one).toMatchObject({
      ...{ seq: 1, at: AT, actor: ACTOR, origin: BY.origin },
      ...{ action: 'votes.export', target: 'unit:one' },
    });
    expect(one?.detail).toEqual(detail);
    expect([two, three]).toMatchObject([{ target: 'unit:two' }, { target: 'unit:three' }]);
    expect(await targets(2)).toEqual([
      [3, 'three'],
      [2, 'two'],
    ]);
    expect((await ports.audit.entries({ before: 2, limit: 9 })).map(({ seq }) => seq)).toEqual([1]);
    expect(await ports.audit.head()).toEqual({ seq: 3, hash: three?.hash });
    expect((await chain()).map(idOf)).toEqual(['one', 'two', 'three']);
  });

  it('chains what others write at the same time, and forks never', async () => {
    const other = await home.open();
    const both = [ports, other];
    const lines = Array.from({ length: 60 }, (_, index) => `line ${index}`);
    await Promise.all(
      lines.map((target, index) => write((both[index % 2] as OpenPorts).audit, line(target))),
    );
    const written = await chain();
    expect(written.map(idOf).sort()).toEqual([...lines].sort());
    await other.close();
  });

  it('leaves no number out when a change is undone in the middle', async () => {
    await write(ports.audit, line('one'));
    const undone = ports.audit.change(async (tx) => {
      await tx.audited(line('undone'), undefined);
      throw new Error('thought better of it');
    });
    await expect(undone).rejects.toThrow('thought better of it');
    await write(ports.audit, line('two'));
    expect((await chain()).map(idOf)).toEqual(['one', 'two']);
  });

  it('writes no text that would be read otherwise, which would break the chain', async () => {
    const by: By = { actor: { kind: 'account', name: 'a\0b' }, origin: '\udc00' };
    await write(ports.audit, { ...line('half \ud83d'), by, action: 'x' }, line('whole 😀'));
    expect((await chain()).map((entry) => [entry.actor, entry.origin, idOf(entry)])).toEqual([
      ['account:a\u2400b', '\ufffd', 'half \ufffd'],
      [ACTOR, BY.origin, 'whole 😀'],
    ]);
  });

  it.each([
    ['was changed', 'UPDATE audit_head SET seq = 99'],
    ['is gone', 'DELETE FROM audit_head'],
  ])('goes on after an end that %s, and the trace of it stays', async (_what, sql) => {
    await write(ports.audit, line('one'));
    await home.rows(sql);
    await write(ports.audit, line('two'));
    await write(ports.audit, line('three'));
    const written = await targets();
    expect(written.map(([, target]) => target)).toEqual(['three', 'two', 'one']);
    expect(written[1]?.[0]).toBeGreaterThan(2);
    await expect(chain()).rejects.toThrow('after row 1 comes row');
  });

  it('takes nothing that needs a line once its key is gone, and is still read', async () => {
    await addSmallTown(ports);
    await ports.close();
    ports = await home.openWithoutKey();
    const refused = { code: 'audit-key-missing' };
    await expect(write(ports.audit, line('x'))).rejects.toMatchObject(refused);
    const adding = ports.org.change(async (tx) => {
      await tx.addUnit({ id: 'hall', parentId: null, name: '大厅' });
      return tx.audited(line('hall'), undefined);
    });
    await expect(adding).rejects.toMatchObject(refused);
    expect((await ports.org.units()).map(({ id }) => id)).toEqual(['town']);
    expect(await targets()).toEqual([
      [2, 'data'],
      [1, 'data'],
    ]);
    const [terminal] = await ports.org.terminals();
    await ports.org.noteSeen([{ terminalKey: terminal?.key as number, at: AT }], AT);
    expect((await ports.org.terminals())[0]?.lastSeenAt).toBe(AT);
  });
});
