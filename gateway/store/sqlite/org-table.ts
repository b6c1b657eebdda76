import { OrgRefusal, type Store } from '../store.ts';
import type { Connection } from './database.ts';

type OrgStore = Pick<
  Store,
  'units' | 'windows' | 'terminals' | 'addUnit' | 'addWindow' | 'addTerminal' | 'saveSeen'
>;

export function createOrgTable(db: Connection): OrgStore {
  const select = {
    units: db.prepare(
      'SELECT u.key, u.id, p.id AS parentId, u.name FROM units u LEFT JOIN units p ON p.key = u.parent_key ORDER BY u.key',
    ),
    windows: db.prepare(
      'SELECT w.key, w.id, u.id AS unitId, w.name FROM windows w JOIN units u ON u.key = w.unit_key ORDER BY w.key',
    ),
    terminals: db.prepare(
      'SELECT t.key, t.id, w.id AS windowId, t.last_seen_at AS lastSeenAt FROM terminals t JOIN windows w ON w.key = t.window_key ORDER BY t.key',
    ),
  };
  const keyOf = (table: 'units' | 'windows', id: string): number => {
    const row = db.prepare(`SELECT key FROM ${table} WHERE id = ?`).get(id) as { key: number } | undefined;
    const kind = table === 'units' ? 'unit' : 'window';
    if (!row)
      throw new OrgRefusal(`${kind}-unknown`, `there is no ${kind} ${id}: list them with \`${kind} list\``);
    return row.key;
  };
  const insert = (table: string, columns: string, id: string, values: unknown[]) => {
    if (db.prepare(`SELECT 1 FROM ${table} WHERE id = ?`).get(id))
      throw new OrgRefusal('id-taken', `${id} is taken: choose another id`);
    const marks = values.map(() => '?').join(', ');
    db.prepare(`INSERT INTO ${table} (id, ${columns}) VALUES (?, ${marks})`).run(id, ...values);
  };
  const seen = db.prepare('UPDATE terminals SET last_seen_at = ? WHERE key = ?');

  return {
    units: () => select.units.all() as ReturnType<Store['units']>,
    windows: () => select.windows.all() as ReturnType<Store['windows']>,
    terminals: () => select.terminals.all() as ReturnType<Store['terminals']>,
    addUnit({ id, parentId, name }) {
      insert('units', 'parent_key, name', id, [parentId === null ? null : keyOf('units', parentId), name]);
    },
    addWindow({ id, unitId, name }) {
      insert('windows', 'unit_key, name', id, [keyOf('units', unitId), name]);
    },
    addTerminal({ id, windowId }) {
      insert('terminals', 'window_key', id, [keyOf('windows', windowId)]);
    },
    saveSeen: db.transaction((entries: readonly { terminalKey: number; at: number }[]) => {
      for (const { terminalKey, at } of entries) seen.run(at, terminalKey);
    }),
  };
}
