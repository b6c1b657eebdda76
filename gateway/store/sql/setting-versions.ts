/** Versions of settings, in SQL that both databases understand: added, each once, and never changed. */
import { OrgRefusal } from '../failures.ts';
import type { Queries } from './sql-database.ts';

type Table = 'rule_versions' | 'alert_rule_versions';

/** As it is kept; `settings` is whatever its table is about. */
export type SettingVersion<Settings> = {
  nodeId: string;
  version: number;
  validFrom: string;
  validTo: string | null;
  settings: Settings;
  reason: string;
  madeAt: number;
  madeBy: string;
};

/** In the order in which they were made. */
export async function settingVersions<Settings>(
  queries: Queries,
  table: Table,
): Promise<SettingVersion<Settings>[]> {
  const rows = await queries
    .selectFrom(table)
    .select(['node as nodeId', 'version', 'valid_from as validFrom', 'valid_to as validTo', 'settings'])
    .select(['reason', 'made_at as madeAt', 'made_by as madeBy'])
    .orderBy('key')
    .execute();
  return rows.map((row) => ({ ...row, settings: JSON.parse(row.settings) }));
}

/** @param of what they are of, as people call it. @throws OrgRefusal `rule-version-taken` */
export async function addSettingVersion(
  queries: Queries,
  table: Table,
  of: string,
  { nodeId: node, version, validFrom, validTo, settings, reason, madeAt, madeBy }: SettingVersion<unknown>,
): Promise<void> {
  const { numInsertedOrUpdatedRows = 0n } = await queries
    .insertInto(table)
    .values({
      ...{ node, version, valid_from: validFrom, valid_to: validTo, settings: JSON.stringify(settings) },
      ...{ reason, made_at: madeAt, made_by: madeBy },
    })
    .onConflict((conflict) => conflict.columns(['node', 'version']).doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows === 0n)
    throw new OrgRefusal(
      'rule-version-taken',
      `somebody else has made version ${version} of the ${of} of ${node}: look at it, and make the next one`,
    );
}
