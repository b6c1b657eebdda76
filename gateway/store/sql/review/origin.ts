import { OrgRefusal } from '../../failures.ts';
import type { Origin } from '../../origins.ts';
import type { Queries } from '../sql-database.ts';

const TOLD = 5;

/** @throws OrgRefusal `origin-unknown`, which says where there is one of that name */
export async function originKeyOf(queries: Queries, { name, unitId }: Origin): Promise<number> {
  const rows = await queries
    .selectFrom('origins')
    .select(['key', 'unit_id as unit'])
    .where('name', '=', name)
    .orderBy('unit_id')
    .execute();
  const found = rows.find(({ unit }) => unit === (unitId ?? ''));
  if (found) return found.key;
  const others = rows.slice(0, TOLD).map(({ unit }) => (unit === '' ? 'the whole city' : `unit ${unit}`));
  throw new OrgRefusal(
    'origin-unknown',
    `no votes have come from a system ${name} of ${unitId === null ? 'the whole city' : `unit ${unitId}`}: ${
      others.length > 0 ? `there is one of ${others.join(', ')}` : 'look for `origin` in GET /api/v1/votes'
    }`,
  );
}
