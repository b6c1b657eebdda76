/** Votes of windows that stand elsewhere now, in SQL that both databases understand: other rules may hold there. */
import type { OrgVersion } from '../../domain/org.ts';
import type { PressSpan } from '../verdicts.ts';
import type { Queries } from './sql-database.ts';
import { noteUnjudged } from './unjudged.ts';

/** @param span press times: of before the move nothing is another */
export async function judgeMovedAgain(
  queries: Queries,
  kind: OrgVersion['kind'],
  key: number,
  span: PressSpan,
): Promise<void> {
  if (!(await mattersWhere(queries))) return;
  const windowKeys = kind === 'window' ? [key] : await windowsBelow(queries, key);
  await noteUnjudged(
    queries,
    windowKeys.map((windowKey) => ({ windowKey, ...span })),
  );
}

/** Some rules, or a time zone, hold at some places alone. */
async function mattersWhere(queries: Queries): Promise<boolean> {
  const ruled = await queries
    .selectFrom('rule_versions')
    .select('key')
    .where('node', '<>', 'all')
    .limit(1)
    .executeTakeFirst();
  if (ruled) return true;
  return (
    (await queries.selectFrom('unit_time_zones').select('unit_key').limit(1).executeTakeFirst()) !== undefined
  );
}

async function windowsBelow(queries: Queries, unitKey: number): Promise<number[]> {
  const units = await queries.selectFrom('units').select(['key', 'parent_key']).execute();
  const below = new Set([unitKey]);
  // A set is gone through with what is added to it meanwhile.
  for (const above of below)
    for (const { key, parent_key } of units) if (parent_key === above) below.add(key);
  const windows = await queries.selectFrom('windows').select(['key', 'unit_key']).execute();
  return windows.filter(({ unit_key }) => below.has(unit_key)).map(({ key }) => key);
}
