/** Versions of rules, in SQL that both databases understand. */
import type { RuleReads, RuleStore, RuleTx } from '../rules.ts';
import { type AuditDeps, createChanges } from './changes.ts';
import { addSettingVersion, settingVersions } from './setting-versions.ts';
import type { Queries, SqlDatabase } from './sql-database.ts';
import { noteUnjudged } from './unjudged.ts';

export function createRuleStore(database: SqlDatabase, audit: AuditDeps): RuleStore {
  return {
    ...readsOn(database.queries),
    ...createChanges(database, audit, writesOn, 'held'),
  };
}

const readsOn = (queries: Queries): RuleReads => ({
  versions: () => settingVersions(queries, 'rule_versions'),
});

const writesOn = (queries: Queries): RuleTx => ({
  ...readsOn(queries),
  add: (version) => addSettingVersion(queries, 'rule_versions', 'rules', version),
  async hasVotes() {
    return (await queries.selectFrom('votes').select('seq').limit(1).executeTakeFirst()) !== undefined;
  },
  judgeAgain: (spans) => noteUnjudged(queries, spans),
});
