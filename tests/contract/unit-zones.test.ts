/** The time zone of a unit, in every database: what was compared with lay in another, and what was set by mistake is taken back. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildTree } from '../../gateway/domain/org.ts';
import { createTreeThen } from '../../gateway/domain/tree-then.ts';
import { createUnitZoneChanges, type NewUnitZone } from '../../gateway/org/unit-zone-changes.ts';
import { historyCsv } from '../../gateway/scores/history-csv.ts';
import { historyNode } from '../../gateway/scores/history-node.ts';
import { createNodeHistory } from '../../gateway/scores/node-history.ts';
import type { By } from '../../gateway/store/changes.ts';
import { figures } from '../support/figures.ts';
import { type OpenPorts, type PortsHome, portHomes } from '../support/port-homes.ts';
import { addSmallTown } from '../support/tree.ts';

const BY: By = { actor: { kind: 'cli', user: 'test' }, origin: 'local' };
const NOW = Date.parse('2026-11-28T09:00+08:00');

describe.each(portHomes())('the time zone of a unit in %s', (_name, createHome) => {
  let home: PortsHome;
  let ports: OpenPorts;
  beforeEach(async () => {
    home = await createHome();
    ports = await home.open();
    await addSmallTown(ports);
  });
  afterEach(async () => {
    await ports.close();
    await home.dispose();
  });
  const zones = (now = NOW) =>
    createUnitZoneChanges({
      ...{ store: ports.org, publications: ports.publications, timeZone: 'Asia/Shanghai', now: () => now },
    });
  const set = (
    timeZone: string | null,
    from: string,
    { now = NOW, ...more }: Partial<NewUnitZone> & { now?: number } = {},
  ) => zones(now).set(BY, { unit: 'town', timeZone, from, replays: false, reason: '试', ...more });
  const listed = async () =>
    (await zones().list('town')).map(({ from, timeZone }) => [new Date(from).toISOString(), timeZone]);

  it('is told of what a period is compared with as it was when that began', async () => {
    await set('Asia/Urumqi', '2026-09-20', { replays: true });
    const history = await createNodeHistory({
      ...{ store: ports.history, figures, dataRevision: () => 'r', now: () => NOW },
      treeThen: async () => createTreeThen(await ports.org.versions()),
      zonesOf: () => zones().zonesOf('town'),
    }).read({
      node: historyNode(buildTree(await ports.org.units(), await ports.org.windows(), []), 'unit', 'town')!,
      ...{ period: { period: '2026-10' }, by: 'month', compare: ['previous'] },
    });
    expect(history.comparisons).toMatchObject([{ name: '2026-09', timeZone: 'Asia/Shanghai' }]);
    const [heading = [], ...rows] = [...historyCsv(history)]
      .join('')
      .split('\r\n')
      .map((line) => line.split(','));
    const columns = ['part', 'fromTime', 'toTime', 'timeZone'].map((name) =>
      heading.findIndex((one) => one.endsWith(name)),
    );
    expect(rows.filter(({ length }) => length > 1).map((row) => columns.map((at) => row[at]))).toEqual([
      ...['span', 'total'].map((part) => [
        ...[part, '2026-10-01T00:00:00.000+06:00', '2026-11-01T00:00:00.000+06:00', 'Asia/Urumqi'],
      ]),
      // By the clocks with which it began; in between they were set back.
      ['previous', '2026-09-01T00:00:00.000+08:00', '2026-10-01T02:00:00.000+08:00', 'Asia/Shanghai'],
    ]);
  });

  it('set by mistake is taken back for the same day, eastward and westward, and the audit names what it replaces', async () => {
    const DAY = '2027-01-01';
    const [SHANGHAI, URUMQI] = ['2026-12-31T16:00:00.000Z', '2026-12-31T18:00:00.000Z'];
    const refused = async (act: Promise<unknown>) =>
      act.then(
        () => 'done',
        (error: { code: string }) => error.code,
      );
    await set('Asia/Urumqi', DAY);
    expect(await listed()).toEqual([[URUMQI, 'Asia/Urumqi']]);
    expect(await set(null, DAY)).toMatchObject({ from: Date.parse(SHANGHAI), until: null });
    expect(await listed()).toEqual([[SHANGHAI, null]]);
    expect(await zones().zonesOf('town')).toMatchObject([{ timeZone: 'Asia/Shanghai' }]);
    expect(await refused(set(null, DAY))).toBe('time-zone-same');
    const [line] = await ports.audit.entries({ limit: 1 });
    expect(line?.detail).toMatchObject({
      ...{ was: 'Asia/Urumqi', timeZone: null },
      replaced: [{ from: Date.parse(URUMQI), timeZone: 'Asia/Urumqi' }],
    });
    await set('Asia/Urumqi', DAY);
    await set('Asia/Shanghai', DAY);
    expect(await listed()).toEqual([[SHANGHAI, 'Asia/Shanghai']]);
    // Of another day it is another row, and stays.
    await set('Asia/Urumqi', '2027-01-02');
    expect((await set('Asia/Urumqi', DAY)).until).toBe(Date.parse('2027-01-01T18:00Z'));
    expect(await listed()).toEqual([
      [URUMQI, 'Asia/Urumqi'],
      ['2027-01-01T18:00:00.000Z', 'Asia/Urumqi'],
    ]);
    // When the day has begun by the clocks that are to be taken back, its votes have to be judged again.
    await set('Asia/Shanghai', DAY);
    const now = Date.parse('2026-12-31T17:00Z');
    expect(await refused(set('Asia/Urumqi', DAY, { now }))).toBe('time-zone-past');
    expect(await set('Asia/Urumqi', DAY, { now, replays: true })).toMatchObject({ windowsJudgedAgain: 2 });
    const waiting = await home.rows<{ from_at: unknown }>('SELECT from_at FROM unjudged');
    expect(waiting.map(({ from_at }) => Number(from_at))).toEqual([SHANGHAI, SHANGHAI].map(Date.parse));
    expect((await listed())[0]).toEqual([URUMQI, 'Asia/Urumqi']);
  });
});
