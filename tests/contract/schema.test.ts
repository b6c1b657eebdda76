/** One schema, whichever database it lies in and by whatever way it has come about; and one set of migrations that goes on from it. */
import Database from 'better-sqlite3';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate as migratePostgres } from '../../gateway/store/postgres/migrate.ts';
import { beginning } from '../../gateway/store/sql/migrations/beginning.ts';
import { compiled, type Migration, SQLITE } from '../../gateway/store/sql/migrations/flavour.ts';
import { BEGINNING, MIGRATIONS } from '../../gateway/store/sql/migrations/index.ts';
import { migrate as migrateSqlite, SCHEMA_VERSION } from '../../gateway/store/sqlite/migrate.ts';
import { HISTORY } from '../../gateway/store/sqlite/migrations/index.ts';
import { makeOldFolder } from '../support/old-folder.ts';
import { type Cluster, POSTGRES, startCluster } from '../support/postgres.ts';
import { have } from '../support/prerequisites.ts';
import { readFile } from '../support/read-file.ts';
import { type Schema, schemaOfPostgres, schemaOfSqlite } from '../support/schema-of.ts';
import { copyToSqlite } from '../support/sqlite-copy.ts';
import { createStoreHome } from '../support/store.ts';
import { until } from '../support/wait.ts';

/** What votes are kept in: each database has its own keys and indexes for it. */
const LEDGER = ['boots', 'datings', 'excluded', 'lost', 'quarantine', 'rollups', 'sources', 'votes'];
/** By which SQLite finds out whether its disk can be written again. */
const SQLITE_ONLY = ['probe'];

const openSqlite = () => {
  const db = new Database(':memory:');
  db.pragma('foreign_keys = ON');
  return db;
};
function schemaOf(make: (db: Database.Database) => void): Schema {
  const db = openSqlite();
  try {
    make(db);
    return schemaOfSqlite(db);
  } finally {
    db.close();
  }
}
const makeBeginning = (db: Database.Database) => {
  for (const statement of beginning(SQLITE)) {
    const { sql, parameters } = compiled(statement);
    db.prepare(sql).run(...parameters);
  }
};
const without = (schema: Schema, names: readonly string[]): Schema =>
  Object.fromEntries(Object.entries(schema).filter(([name]) => !names.includes(name)));

/** What the columns' checks and keys refuse, in SQL that both databases understand. */
const REFUSED = [
  `INSERT INTO accounts (name, display_name, role, password_hash, must_change_password, created_at) VALUES ('a', '', '', '', 2, 0)`,
  `INSERT INTO accounts (name, display_name, role, unit_key, password_hash, must_change_password, created_at) VALUES ('a', '', '', 9, '', 0, 0)`,
  `INSERT INTO units (id, name) VALUES ('city', 'a second one')`,
  `INSERT INTO units (id, parent_key, name) VALUES ('town', 9, '')`,
  `INSERT INTO windows (id, unit_key, name) VALUES ('w', 9, '')`,
  `INSERT INTO terminals (id, window_key) VALUES ('t', 9)`,
  `INSERT INTO certificates (serial, terminal_key, public_key, issued_at, expires_at) VALUES ('A', 9, '', 0, 0)`,
  `INSERT INTO put_away (terminal_key, reported_at, journals) VALUES (9, 0, '')`,
  `INSERT INTO exclusions (id, terminal_key, from_at, to_at, reason, made_at, made_by) VALUES ('x', 9, 0, 0, '', 0, '')`,
  `INSERT INTO commands (id, terminal_key, op, args, reason, made_at, made_by, expires_at) VALUES ('c', 9, '', '', '', 0, '', 0)`,
  `INSERT INTO commands (id, terminal_key, op, args, reason, made_at, made_by, expires_at, ok) SELECT 'c', max(key), '', '', '', 0, '', 0, 2 FROM terminals`,
  `INSERT INTO reviewed (key, decisions) VALUES (2, 0)`,
  `INSERT INTO reviewed (key, decisions) VALUES (1, 0)`,
  `INSERT INTO audit_head (key, seq, hash, mac) SELECT 2, seq, hash, hash FROM audit`,
];
/** … and what each database has triggers for. */
const GUARDED = [`UPDATE audit SET actor = 'x'`, 'DELETE FROM audit'];
const blob = (database: 'sqlite' | 'postgres') => (database === 'sqlite' ? `x'00'` : `'\\x00'`);
const filling = (database: 'sqlite' | 'postgres') => [
  `INSERT INTO units (id, name) VALUES ('city', '')`,
  `INSERT INTO windows (id, unit_key, name) SELECT 'w1', key, '' FROM units`,
  `INSERT INTO terminals (id, window_key) SELECT 't-1', key FROM windows`,
  `INSERT INTO audit VALUES (1, 0, '', '', '', '', '', ${blob(database)}, ${blob(database)})`,
];

describe('the schema in SQLite', () => {
  it('is the same, come from any earlier one or made anew', () => {
    const anew = schemaOf(migrateSqlite);
    expect(Object.keys(anew)).toContain('units');
    for (let version = 1; version <= SCHEMA_VERSION; version++) {
      const { file, open, dispose } = createStoreHome();
      makeOldFolder(file, version);
      open().close();
      const db = new Database(file);
      expect(schemaOfSqlite(db), `from ${version}`).toEqual(anew);
      expect(db.pragma('user_version', { simple: true })).toBe(SCHEMA_VERSION);
      db.close();
      dispose();
    }
  });

  it('is at the beginning of both what its own seven steps have made of it', () => {
    expect(HISTORY).toHaveLength(BEGINNING);
    const bySteps = schemaOf((db) => migrateSqlite(db, []));
    expect(schemaOf(makeBeginning)).toEqual(without(bySteps, [...LEDGER, ...SQLITE_ONLY]));
  });

  it.each(REFUSED)('refuses, also in the tables that are written once: %s', (sql) => {
    for (const make of [migrateSqlite, makeBeginning]) {
      const db = openSqlite();
      make(db);
      for (const statement of filling('sqlite')) db.exec(statement);
      expect(() => db.exec(sql)).toThrow('constraint failed');
      db.close();
    }
  });

  it.each(GUARDED)('refuses, to whoever is at the database: %s', (sql) => {
    const db = openSqlite();
    migrateSqlite(db);
    for (const statement of filling('sqlite')) db.exec(statement);
    expect(() => db.exec(sql)).toThrow('never');
    db.close();
  });
});

/** As the next ones will be: a table, a column with what stands in it for old rows, rows that are changed, a word for each database. */
const NEXT: readonly Migration[] = [
  {
    name: '008-shifts',
    statements: ({ build, keyed, text, time, integer }) => [
      keyed('shifts')
        .addColumn('unit_key', integer, (column) => column.notNull().references('units.key'))
        .addColumn('begins_at', time, (column) => column.notNull()),
      build.schema.alterTable('units').addColumn('note', text, (column) => column.notNull().defaultTo('-')),
      build.updateTable('units').set({ note: '市' }).where('id', '=', 'city'),
    ],
  },
  {
    name: '009-ledger',
    statements: ({ name }) => [
      name === 'sqlite'
        ? 'ALTER TABLE sources ADD COLUMN kind INTEGER'
        : 'ALTER TABLE sources ADD COLUMN kind int2',
    ],
  },
];

describe.runIf(have(POSTGRES))('the schema in PostgreSQL', () => {
  let cluster: Cluster;
  const clients: pg.Client[] = [];
  beforeAll(async () => {
    cluster = await startCluster();
  }, 60_000);
  afterAll(async () => {
    for (const client of clients) await client.end();
    await cluster?.dispose();
  });
  const create = async () => {
    const address = cluster.primary.address(await cluster.createDatabase());
    const client = new pg.Client({ connectionString: address });
    await client.connect();
    clients.push(client);
    return { address, rows: async <R>(sql: string) => (await client.query(sql)).rows as R[] };
  };
  const ofPostgres = async (rows: Awaited<ReturnType<typeof create>>['rows']) => {
    const schema = await schemaOfPostgres(rows);
    // A default is written as each database writes it.
    for (const { columns } of Object.values(schema))
      for (const column of Object.values(columns))
        column.default = column.default?.replace(/::\w+$/, '') ?? null;
    return schema;
  };
  const columnsOf = (schema: Schema, names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, schema[name]?.columns]));

  it('has the tables, columns, keys and indexes that it has in SQLite', async () => {
    const { address, rows } = await create();
    await migratePostgres({ address });
    const sqlite = without(schemaOf(migrateSqlite), SQLITE_ONLY);
    const postgres = await ofPostgres(rows);
    expect(Object.keys(postgres).sort()).toEqual(Object.keys(sqlite).sort());
    expect(without(postgres, LEDGER)).toEqual(without(sqlite, LEDGER));
    expect(columnsOf(postgres, LEDGER)).toEqual(columnsOf(sqlite, LEDGER));
    const [row] = await rows<{ number: number }>('SELECT max(number) AS number FROM schema_migrations');
    expect(row?.number).toBe(SCHEMA_VERSION);
  });

  it('refuses what it refuses in SQLite', async () => {
    const { address, rows } = await create();
    await migratePostgres({ address });
    for (const statement of filling('postgres')) await rows(statement);
    for (const sql of REFUSED) await expect(rows(sql), sql).rejects.toThrow('violates');
    for (const sql of [...GUARDED, 'TRUNCATE audit'])
      await expect(rows(sql), sql).rejects.toThrow('never changed or removed');
  });

  it('is copied whole for a recount, with all that is in it', async () => {
    const { address, rows } = await create();
    await migratePostgres({ address });
    for (const statement of filling('postgres')) await rows(statement);
    const { dataDir, dispose } = await copyToSqlite(address);
    const copied = readFile(dataDir, (db) => ({
      tables: db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).pluck().all(),
      columns: db.prepare(`SELECT name FROM pragma_table_info('votes')`).pluck().all(),
      window: db.prepare('SELECT w.id, u.id AS unit FROM windows w JOIN units u ON u.key = w.unit_key').get(),
      audit: db.prepare('SELECT seq, hash, typeof(seq) AS type FROM audit').get(),
    }));
    dispose();
    const schema = without(schemaOf(migrateSqlite), SQLITE_ONLY);
    expect(copied.tables.toSorted()).toEqual(Object.keys(schema).sort());
    expect(copied.columns.toSorted()).toEqual(Object.keys(schema.votes?.columns ?? {}).sort());
    expect(copied.window).toEqual({ id: 'w1', unit: 'city' });
    expect(copied.audit).toEqual({ seq: 1, hash: Buffer.from([0]), type: 'integer' });
  });

  it('orders and compares text by its bytes, as SQLite does', async () => {
    const { address, rows } = await create();
    await migratePostgres({ address });
    const found = await rows<{ column: string }>(`
      SELECT table_name || '.' || column_name AS column FROM information_schema.columns
      WHERE table_schema = 'public' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'
        AND table_name NOT IN ('quarantine', 'schema_migrations')
        AND table_name NOT LIKE 'votes%' AND table_name NOT LIKE 'rollups%'`);
    expect(found).toEqual([]);
  });

  it('goes on with the same migrations, each once, from any that came before, and refuses a newer one', async () => {
    const next = [...MIGRATIONS, ...NEXT];
    const db = openSqlite();
    const { address, rows } = await create();
    migrateSqlite(db);
    await migratePostgres({ address });
    const notes = 'SELECT id, note FROM units ORDER BY key';
    const fill = `INSERT INTO units (id, name) VALUES ('city', ''), ('town', '')`;
    db.exec(fill);
    await rows(fill);
    for (const upTo of [next.length - 1, next.length, next.length]) {
      migrateSqlite(db, next.slice(0, upTo));
      await Promise.all([1, 2, 3].map(() => migratePostgres({ address }, next.slice(0, upTo))));
      const sqlite = without(schemaOfSqlite(db), SQLITE_ONLY);
      const postgres = await ofPostgres(rows);
      expect(postgres.shifts).toEqual(sqlite.shifts);
      // Each writes a default's quotes; both mean the same.
      expect(Object.keys(postgres.units?.columns ?? {})).toEqual(Object.keys(sqlite.units?.columns ?? {}));
      expect(columnsOf(postgres, LEDGER)).toEqual(columnsOf(sqlite, LEDGER));
      const said = [
        { id: 'city', note: '市' },
        { id: 'town', note: '-' },
      ];
      expect(await rows(notes)).toEqual(said);
      expect(db.prepare(notes).all()).toEqual(said);
    }
    const applied = await rows('SELECT number, name FROM schema_migrations ORDER BY number');
    expect(applied).toEqual(
      [{ name: 'beginning' }, ...next].map(({ name }, index) => ({ number: BEGINNING + index, name })),
    );
    expect(() => migrateSqlite(db)).toThrow(expect.objectContaining({ code: 'storage-newer' }));
    await expect(migratePostgres({ address })).rejects.toMatchObject({ code: 'storage-newer' });
    db.close();
  });

  it('begins the versions of the tree with what is there', async () => {
    const before = MIGRATIONS.slice(
      0,
      MIGRATIONS.findIndex(({ name }) => name === 'org-versions'),
    );
    const db = openSqlite();
    const { address, rows } = await create();
    migrateSqlite(db, before);
    await migratePostgres({ address }, before);
    const fill = [
      `INSERT INTO units (key, id, name) VALUES (3, 'city', '市')`,
      `INSERT INTO units (key, id, parent_key, name) VALUES (5, 'town', 3, '镇')`,
      `INSERT INTO windows (key, id, unit_key, name) VALUES (4, 'w', 5, '窗')`,
    ];
    for (const statement of fill) {
      db.exec(statement);
      await rows(statement);
    }
    migrateSqlite(db);
    await migratePostgres({ address });
    const versions =
      'SELECT kind, key, parent_key, name, CAST(from_at AS int) AS from_at FROM org_versions ORDER BY kind, key';
    const said = [
      { kind: 'unit', key: 3, parent_key: null, name: '市', from_at: 0 },
      { kind: 'unit', key: 5, parent_key: 3, name: '镇', from_at: 0 },
      { kind: 'window', key: 4, parent_key: 5, name: '窗', from_at: 0 },
    ];
    expect(await rows(versions)).toEqual(said);
    expect(db.prepare(versions).all()).toEqual(said);
    db.close();
  });

  it('leaves nothing of a migration that fails, in either', async () => {
    const broken: Migration = {
      name: '008-broken',
      statements: ({ keyed }) => [keyed('half'), keyed('half')],
    };
    const db = openSqlite();
    const { address, rows } = await create();
    migrateSqlite(db);
    await migratePostgres({ address });
    expect(() => migrateSqlite(db, [...MIGRATIONS, broken])).toThrow('already exists');
    await expect(migratePostgres({ address }, [...MIGRATIONS, broken])).rejects.toThrow('already exists');
    expect(schemaOfSqlite(db).half).toBeUndefined();
    expect((await schemaOfPostgres(rows)).half).toBeUndefined();
    migrateSqlite(db);
    await migratePostgres({ address });
    db.close();
  });

  it('has those before one that fails, and goes on with it at the next start; SQLite has all or none', async () => {
    const made = (name: string): Migration => ({ name, statements: ({ keyed }) => [keyed(name)] });
    const broken: Migration = {
      name: 'third',
      statements: ({ keyed }) => [keyed('third'), keyed('second')],
    };
    const db = openSqlite();
    const { address, rows } = await create();
    const [first, second, third] = ['first', 'second', 'third'].map(made) as [
      Migration,
      Migration,
      Migration,
    ];
    const names = ['first', 'second', 'third'];
    const inPostgres = async () => {
      const applied = await rows<{ name: string }>(
        `SELECT name FROM schema_migrations WHERE number >= ${SCHEMA_VERSION + 1} ORDER BY number`,
      );
      const schema = await schemaOfPostgres(rows);
      return [applied.map(({ name }) => name), names.filter((name) => name in schema)];
    };
    const inSqlite = () => [
      db.pragma('user_version', { simple: true }),
      names.filter((name) => name in schemaOfSqlite(db)),
    ];
    migrateSqlite(db);
    await migratePostgres({ address });
    const failing = [...MIGRATIONS, first, second, broken];
    expect(() => migrateSqlite(db, failing)).toThrow('already exists');
    // As gateways are updated: several at once, and each tells that it has failed.
    for (const told of await Promise.allSettled([1, 2].map(() => migratePostgres({ address }, failing))))
      expect(told).toMatchObject({ reason: { message: expect.stringContaining('already exists') } });
    expect(inSqlite()).toEqual([SCHEMA_VERSION, []]);
    const two = ['first', 'second'];
    expect(await inPostgres()).toEqual([two, two]);
    migrateSqlite(db, [...MIGRATIONS, first, second, third]);
    await migratePostgres({ address }, [...MIGRATIONS, first, second, third]);
    expect(inSqlite()).toEqual([SCHEMA_VERSION + 3, names]);
    expect(await inPostgres()).toEqual([names, names]);
    db.close();
  });

  it.each(['unit-time-zones', 'votes of systems'])(
    'waits for votes, from %s on, while no other table is locked',
    async (first) => {
      const { address, rows } = await create();
      const index = MIGRATIONS.findIndex(({ name }) => name === first);
      await migratePostgres({ address }, MIGRATIONS.slice(0, index));
      const holder = new pg.Client({ connectionString: address });
      clients.push(holder);
      await holder.connect();
      // Whoever stores a vote is in its way, as it is in theirs.
      await holder.query('BEGIN; LOCK TABLE votes IN ROW EXCLUSIVE MODE');
      const migrating = migratePostgres({ address });
      const locks = `
      SELECT mode, relation::regclass::text AS of, granted FROM pg_locks
      WHERE relation IS NOT NULL AND pid <> pg_backend_pid() AND pid IN (
        SELECT pid FROM pg_locks WHERE relation = 'votes'::regclass AND NOT granted)`;
      const held = await until('it to wait', async () => {
        const found = await rows<{ mode: string; of: string; granted: boolean }>(locks);
        return found.length > 0 ? found : undefined;
      });
      expect(held.filter(({ granted }) => !granted)).toMatchObject([{ of: 'votes' }]);
      expect(held.filter(({ mode }) => mode === 'AccessExclusiveLock')).toEqual([]);
      await holder.query('COMMIT');
      await migrating;
      expect(await rows(`SELECT 1 FROM pg_class WHERE relname = 'votes_of_systems'`)).toHaveLength(1);
    },
  );
});
