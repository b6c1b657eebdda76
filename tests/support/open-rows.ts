/** SQL past the store, on a connection of its own. */
import Database from 'better-sqlite3';
import pg from 'pg';
import { types } from '../../gateway/store/postgres/numbers.ts';

export type Rows = <R>(sql: string) => Promise<R[]>;

export const openRows = {
  ofSqlite(file: string): Rows {
    return async <R>(sql: string) => {
      const db = new Database(file);
      try {
        const statement = db.prepare(sql);
        if (statement.reader) return statement.all() as R[];
        statement.run();
        return [];
      } finally {
        db.close();
      }
    };
  },
  async ofPostgres(address: string): Promise<{ rows: Rows; close(): Promise<void> }> {
    const client = new pg.Client({ connectionString: address, types });
    client.on('error', () => {});
    await client.connect();
    return {
      rows: async <R>(sql: string) => (await client.query(sql)).rows as R[],
      close: () => client.end().catch(() => {}),
    };
  },
};
