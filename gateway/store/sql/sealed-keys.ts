/** The keys in the database, each sealed under its name. */
import type { By } from '../changes.ts';
import { StoreFailure } from '../failures.ts';
import type { KeyName, KeyStore } from '../keys.ts';
import type { Seal } from '../seal.ts';
import type { Seals } from '../seal-key.ts';
import { type AuditDeps, createChanges } from './changes.ts';
import type { Queries, SqlDatabase } from './sql-database.ts';

export type SealedKeys = KeyStore & {
  /** Which there are, and the id of the key that each is sealed with. Opens none. */
  list(): Promise<{ name: string; sealedWith: string }[]>;
  /** All of them, from now on, under another key. @returns which. @throws StoreFailure, and nothing is changed. */
  reseal(by: By, next: Seal): Promise<string[]>;
};

export type SealedKeysDeps = {
  database: SqlDatabase;
  audit: AuditDeps;
  seals: Seals;
  /** Answers when what was read cannot be lost any more: everything that is made by a key rests on it. */
  settled<T>(read: (queries: Queries) => Promise<T>): Promise<T>;
};

type Row = { name: string; sealed_with: string; sealed: Buffer };

export function createSealedKeys({ database, audit, seals, settled }: SealedKeysDeps): SealedKeys {
  const place = (name: string) => `the key "${name}" in the database`;
  const open = ({ name, sealed_with, sealed }: Row): Buffer => {
    const secret = seals.of(sealed_with).open(name, sealed);
    if (secret === null)
      throw new StoreFailure(
        'sealed-key-damaged',
        `${place(name)} was changed, or was put there from elsewhere: put the table \`keys\` of a backup back`,
      );
    return secret;
  };

  /**
   * In one transaction. What cannot be opened is never written over: it may be whole, and this process the one that is wrong.
   * @param decide what is to be there instead of what is found; null: that
   */
  const write = (name: KeyName, decide: (found: Buffer | null) => Buffer | null): Promise<Buffer | null> =>
    database.transaction(async (queries) => {
      const rows = await readRows(queries);
      const row = rows.find((one) => one.name === name);
      const found = row ? open(row) : null;
      const next = decide(found);
      if (next === null) return found;
      // All are under one key, whoever comes later with another.
      const seal = rows[0] ? seals.of(rows[0].sealed_with) : seals.first();
      const fresh = { sealed_with: seal.id, sealed: seal.close(name, next) };
      await queries
        .insertInto('keys')
        .values({ name, ...fresh })
        .onConflict((conflict) => conflict.column('name').doUpdateSet(fresh))
        .execute();
      return next;
    });

  const changes = createChanges(database, audit, (queries) => ({ queries }), 'asked');
  return {
    place,
    async read(name) {
      const rows = await settled(readRows);
      const row = rows.find((one) => one.name === name);
      return row ? open(row) : null;
    },
    putOnce: async (name, secret) =>
      (await write(name, (found) => (found === null ? secret : null))) as Buffer,
    replace: (name, seen, next) =>
      write(name, (found) => ((found === null ? seen === null : seen?.equals(found)) ? next : null)),
    async list() {
      const rows = await readRows(database.queries);
      return rows.map(({ name, sealed_with }) => ({ name, sealedWith: sealed_with }));
    },
    reseal: (by, next) =>
      changes.change(async ({ queries, audited }) => {
        const rows = await readRows(queries);
        const names = rows.map(({ name }) => name);
        for (const row of rows)
          await queries
            .updateTable('keys')
            .set({ sealed_with: next.id, sealed: next.close(row.name, open(row)) })
            .where('name', '=', row.name)
            .execute();
        const from = rows[0]?.sealed_with ?? null;
        const detail = { keys: names, from, to: next.id };
        return audited({ by, action: 'keys.reseal', target: { kind: 'keys' }, detail }, names);
      }),
  };
}

const readRows = (queries: Queries): Promise<Row[]> =>
  queries.selectFrom('keys').selectAll().orderBy('name').execute();
