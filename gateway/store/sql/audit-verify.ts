/** Holds the whole audit against its key, page by page, while it is being written: no transaction stays open for it. */
import type { Head } from '../audit-chain.ts';
import { type AuditHead, type AuditVerdict, createAuditCheck, numberedBelow } from '../audit-check.ts';
import type { Queries } from './sql-database.ts';

const PAGE = 1_000;

/** @param known a head that was written down earlier, which the chain must contain. */
export async function verifyAudit(queries: Queries, key: Buffer, known?: AuditHead): Promise<AuditVerdict> {
  const { lowest, newest, head } = await readEnds(queries);
  if (lowest !== null && lowest < 1) return numberedBelow(lowest);
  const check = createAuditCheck(key, known);
  // Up to what was the newest row when the end was read: rows are only ever added, and what comes meanwhile has an end of its own.
  while (newest !== null && check.after() < newest) {
    const rows = await queries
      .selectFrom('audit')
      .selectAll()
      .where('seq', '>', check.after())
      .where('seq', '<=', newest)
      .orderBy('seq')
      .limit(PAGE + 1)
      .execute();
    const verdict = check.take(rows, PAGE, head);
    if (verdict) return verdict;
    // Removed since: what is missing is said at the end.
    if (rows.length === 0) break;
  }
  return check.end(head);
}

/** The rows that are the first and the last, and the signed end, as they are at one moment: in one statement. */
async function readEnds(
  queries: Queries,
): Promise<{ lowest: number | null; newest: number | null; head: Head | undefined }> {
  const { lowest, newest, seq, hash, mac } = await queries
    .selectNoFrom(({ selectFrom }) => {
      const head = selectFrom('audit_head').where('key', '=', 1);
      const rows = selectFrom('audit');
      return [
        rows.select(({ fn }) => fn.min('seq').as('seq')).as('lowest'),
        rows.select(({ fn }) => fn.max('seq').as('seq')).as('newest'),
        head.select('seq').as('seq'),
        head.select('hash').as('hash'),
        head.select('mac').as('mac'),
      ];
    })
    .executeTakeFirstOrThrow();
  return { lowest, newest, head: seq === null || !hash || !mac ? undefined : { seq, hash, mac } };
}
