/** Units and windows that are moved or renamed, in SQL that both databases understand. */
import { OrgRefusal } from '../failures.ts';
import type { OrgTx } from '../org.ts';
import { addVersion } from './org-versions.ts';
import type { Queries } from './sql-database.ts';
import { keyOf } from './tree-keys.ts';

type TreeChanges = Pick<OrgTx, 'moveUnit' | 'moveWindow' | 'renameUnit' | 'renameWindow'>;

export function treeChangesOn(queries: Queries): TreeChanges {
  const rename = (kind: 'unit' | 'window') => async (id: string, name: string, at: number) => {
    const table = kind === 'unit' ? 'units' : 'windows';
    const key = await keyOf(queries, table, id);
    const { name: was } = await queries
      .selectFrom(table)
      .select('name')
      .where('key', '=', key)
      .executeTakeFirstOrThrow();
    if (was === name) throw new OrgRefusal('name-same', `${kind} ${id} is called ${name} already`);
    return { was, from: await addVersion(queries, kind, id, { name }, at) };
  };
  return {
    async moveUnit(id, parentId, at) {
      const key = await keyOf(queries, 'units', id);
      const parent_key = parentId === null ? null : await keyOf(queries, 'units', parentId);
      const units = await queries.selectFrom('units').select(['key', 'id', 'parent_key']).execute();
      const byKey = new Map(units.map((unit) => [unit.key, unit]));
      const old = byKey.get(key)?.parent_key ?? null;
      if (old === parent_key) throw alreadyThere('unit', id, parentId);
      const above = new Set<number>();
      for (let next = parent_key; next !== null && !above.has(next); ) {
        above.add(next);
        next = byKey.get(next)?.parent_key ?? null;
      }
      if (above.has(key))
        throw new OrgRefusal(
          'unit-below-itself',
          `${parentId} is ${id} itself or below it: move it to a unit elsewhere`,
        );
      const was = old === null ? null : (byKey.get(old)?.id ?? null);
      return { was, from: await addVersion(queries, 'unit', id, { parent_key }, at) };
    },
    async moveWindow(id, unitId, at) {
      const key = await keyOf(queries, 'windows', id);
      const parent_key = await keyOf(queries, 'units', unitId);
      const { was } = await queries
        .selectFrom('windows as w')
        .innerJoin('units as u', 'u.key', 'w.unit_key')
        .select('u.id as was')
        .where('w.key', '=', key)
        .executeTakeFirstOrThrow();
      if (was === unitId) throw alreadyThere('window', id, unitId);
      return { was, from: await addVersion(queries, 'window', id, { parent_key }, at) };
    },
    renameUnit: rename('unit'),
    renameWindow: rename('window'),
  };
}

const alreadyThere = (kind: 'unit' | 'window', id: string, unitId: string | null) =>
  new OrgRefusal(
    'place-same',
    `${kind} ${id} is ${unitId === null ? 'at the top' : `below ${unitId}`} already`,
  );
