/** Versions of rules, in SQL that both databases understand. */

import { OrgRefusal } from '../failures.ts';
import type { RuleReads, RuleStore, RuleTx } from '../rules.ts';
import { type AuditDeps, createChanges } from './changes.ts';
import type { Queries, SqlDatabase } from './sql-database.ts';
import { noteUnjudged } from './unjudged.ts';

export function createRuleStore(database: SqlDatabase, audit: AuditDeps): RuleStore {
  return {
    ...readsOn(database.queries),
    ...createChanges(database, audit, writesOn, 'held'),
  };
}

const readsOn = (queries: Queries): RuleReads => ({
  async versions() {
    const rows = await queries
      .selectFrom('rule_versions')
      .select([
        'node as nodeId',
        'version',
        'valid_from as validFrom',
        'valid_to as validTo',
        'settings',
        'reason',
        'made_at as madeAt',
        'made_by as madeBy',
      ])
      .orderBy('key')
      .execute();
    return rows.map((row) => ({ ...row, settings: JSON.parse(row.settings) }));
  },
});

const writesOn = (queries: Queries): RuleTx => ({
  ...readsOn(queries),
  async add({ nodeId: node, version, validFrom, validTo, settings, reason, madeAt, madeBy }) {
    const { numInsertedOrUpdatedRows = 0n } = await queries
      .insertInto('rule_versions')
      .values({
        ...{ node, version, valid_from: validFrom, valid_to: validTo, settings: JSON.stringify(settings) },
        ...{ reason, made_at: madeAt, made_by: madeBy },
      })
      .onConflict((conflict) => conflict.columns(['node', 'version']).doNothing())
      .executeTakeFirst();
    if (numInsertedOrUpdatedRows === 0n)
      throw new OrgRefusal(
        'rule-version-taken',
        `somebody else has made version ${version} of the rules of ${node}: look at it, and make the next one`,
      );
  },
  async hasVotes() {
    return (await queries.selectFrom('votes').select('seq').limit(1).executeTakeFirst()) !== undefined;
  },
  judgeAgain: (spans) => noteUnjudged(queries, spans),
});
