/** Whether published figures are still what was published: by their hash, and by the line of the audit that has it too. */
import { createHash } from 'node:crypto';
import { PUBLICATION_ADDED } from '../../domain/publications.ts';
import type { NumberFault } from '../check.ts';
import type { Queries } from './sql-database.ts';

export async function checkPublications(queries: Queries): Promise<NumberFault[]> {
  const lines = await queries
    .selectFrom('audit')
    .select(['target', 'detail'])
    .where('action', '=', PUBLICATION_ADDED)
    .execute();
  const audited = new Map(lines.map(({ target, detail }) => [target, hashIn(detail)]));
  const keys = await queries.selectFrom('publications').select('key').orderBy('key').execute();
  let [altered, unaudited] = [0, 0];
  const found = new Set<string>();
  // One at a time: each may be some megabytes.
  for (const { key } of keys) {
    const row = await queries
      .selectFrom('publications')
      .select(['id', 'version', 'head', 'body', 'sha256'])
      .where('key', '=', key)
      .executeTakeFirst();
    if (!row) continue;
    const target = `publication:${row.id}/${row.version}`;
    found.add(target);
    if (hashOf(row.head, row.body) !== row.sha256) altered += 1;
    else if (audited.get(target) !== row.sha256) unaudited += 1;
  }
  const gone = [...audited.keys()].filter((target) => !found.has(target)).length;
  return [
    { what: 'published figures that were changed after they were published', rows: altered },
    { what: 'published figures that are not those that the audit names', rows: unaudited },
    { what: 'published figures that the audit names and that are gone', rows: gone },
  ];
}

export const hashOf = (head: string, body: string): string =>
  createHash('sha256').update(`${head}\n${body}`).digest('hex');

function hashIn(detail: string): unknown {
  const read: unknown = JSON.parse(detail);
  return typeof read === 'object' && read !== null && 'sha256' in read ? read.sha256 : null;
}
