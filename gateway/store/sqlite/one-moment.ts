/**
 * Reads that see one moment, however long they take, while others write: on a connection of their own, which is opened when it is first asked.
 */
import type { InOneMoment } from '../sql/verdicts.ts';
import { type Connection, failure, openForReading } from './database.ts';
import { createExclusive } from './exclusive.ts';
import { createSqliteSql } from './sql-dialect.ts';

export type OneMoment = { inOneMoment: InOneMoment; close(): void };

export function createOneMoment(file: string): OneMoment {
  let opened: ReturnType<typeof openReader> | null = null;
  const inTurn = createExclusive();
  const close = () => {
    opened?.db.close();
    opened = null;
  };
  return {
    inOneMoment: (read) =>
      inTurn(async () => {
        try {
          opened ??= openReader(file);
          const { db, queries } = opened;
          db.exec('BEGIN');
          const found = await read(queries);
          db.exec('COMMIT');
          return found;
        } catch (error) {
          close();
          throw failure(error);
        }
      }),
    close,
  };
}

function openReader(file: string) {
  const db: Connection = openForReading(file);
  const { queries } = createSqliteSql({
    ...{ connection: () => db, exclusive: createExclusive(), translate: failure, auditKey: () => null },
  });
  return { db, queries };
}
