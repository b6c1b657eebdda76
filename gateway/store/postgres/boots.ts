/** A boot's name is stored once; votes carry its key. */
import type { VoteRecord } from '../ledger.ts';
import { storable } from '../text.ts';
import type { Transaction } from './connection.ts';
import { arrayOf } from './numbers.ts';

type Row = { key: number; boot: string };

const SELECT = 'SELECT key, boot FROM boots WHERE boot = ANY ($1::text[])';
/** A repeat that says another boot each time must leave nothing behind: only what will be stored makes a new one. */
const INSERT = `
  INSERT INTO boots (boot)
  SELECT DISTINCT s.boot FROM unnest($1::text[], $2::int4[], $3::int4[]) AS s (boot, source_key, seq)
  WHERE NOT EXISTS (SELECT FROM votes v WHERE v.source_key = s.source_key AND v.seq = s.seq)
  ORDER BY s.boot ON CONFLICT DO NOTHING RETURNING key, boot`;

const KEPT = 50_000;

export type Boots = {
  /** Finds the keys of these votes' boots, and makes those that are new; a vote that is stored already may be left without. */
  resolve(
    transaction: Transaction,
    votes: readonly VoteRecord[],
  ): Promise<(boot: string) => number | undefined>;
  /** The transaction is committed: what it has found and made holds in later ones. */
  keep(): void;
  /** It was not: keys made in it do not exist. */
  forget(): void;
};

export function createBoots(): Boots {
  let known = new Map<string, number>();
  let found = new Map<string, number>();

  return {
    async resolve(transaction, votes) {
      found = new Map();
      const keyOf = (boot: string) => known.get(storable(boot)) ?? found.get(storable(boot));
      const take = (rows: Row[]) => {
        for (const { key, boot } of rows) found.set(boot, key);
      };
      const missing = () => votes.filter(({ boot }) => keyOf(boot) === undefined);
      const select = async (of: VoteRecord[]) =>
        take(
          await transaction.rows<Row>({
            text: SELECT,
            values: [[...new Set(of.map(({ boot }) => storable(boot)))]],
          }),
        );
      const unknown = missing();
      if (unknown.length === 0) return keyOf;
      await select(unknown);
      const fresh = missing();
      if (fresh.length === 0) return keyOf;
      const values = [
        fresh.map(({ boot }) => storable(boot)),
        arrayOf(fresh.map(({ journalKey }) => journalKey)),
        arrayOf(fresh.map(({ seq }) => seq)),
      ];
      take(await transaction.rows<Row>({ text: INSERT, values }));
      // Made by another meanwhile: a new statement sees it.
      const rest = missing();
      if (rest.length > 0) await select(rest);
      return keyOf;
    },
    keep() {
      if (known.size + found.size > KEPT) known = new Map();
      for (const [boot, key] of found) known.set(boot, key);
      found = new Map();
    },
    forget() {
      known = new Map();
      found = new Map();
    },
  };
}
