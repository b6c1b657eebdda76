/** Versions of rules, in SQL that both databases understand. */
import type { KeptRuleVersion, RuleReads, RuleStore, RuleTx } from '../rules.ts';
import { type AuditDeps, createChanges } from './changes.ts';
import { heldRevision } from './noted.ts';
import { versionsOn } from './org-versions.ts';
import { addSettingVersion, settingVersions } from './setting-versions.ts';
import type { Queries, SqlDatabase } from './sql-database.ts';
import { timeZonesOn } from './unit-zones.ts';
import { noteUnjudged } from './unjudged.ts';

export function createRuleStore(database: SqlDatabase, audit: AuditDeps): RuleStore {
  return {
    ...readsOn(database.queries),
    ...createChanges(database, audit, writesOn, 'held'),
  };
}

function readsOn(queries: Queries): RuleReads {
  const versions = (): Promise<KeptRuleVersion[]> => settingVersions(queries, 'rule_versions');
  return {
    versions,
    async ground() {
      const revision = await heldRevision(queries);
      const [rules, places] = [await versions(), await versionsOn(queries)];
      const ids = {
        unit: new Map((await idsOf(queries, 'units')).map(({ key, id }) => [key, id])),
        window: new Map((await idsOf(queries, 'windows')).map(({ key, id }) => [key, id])),
      };
      return {
        ...{ revision, versions: rules, timeZones: await timeZonesOn(queries) },
        places: places.map((place) => ({ ...place, id: ids[place.kind].get(place.key) ?? '' })),
      };
    },
  };
}

const idsOf = (queries: Queries, table: 'units' | 'windows') =>
  queries.selectFrom(table).select(['key', 'id']).execute();

const writesOn = (queries: Queries): RuleTx => ({
  ...readsOn(queries),
  add: (version) => addSettingVersion(queries, 'rule_versions', 'rules', version),
  async hasVotes() {
    return (await queries.selectFrom('votes').select('seq').limit(1).executeTakeFirst()) !== undefined;
  },
  judgeAgain: (spans) => noteUnjudged(queries, spans),
});
