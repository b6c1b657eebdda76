/** Changes of one resource: its writes and the line of the audit, in one transaction. */
import type { KyselyPlugin } from 'kysely';
import { writeActor } from '../../domain/actor.ts';
import { writeTarget } from '../../domain/audit-target.ts';
import type { AuditEntry } from '../audit.ts';
import type { Audited, AuditLine, AuditTx, Changes } from '../changes.ts';
import { appendAudit } from './audit.ts';
import { requireHeld } from './leases.ts';
import { tellOthers } from './noted.ts';
import type { Queries, SqlDatabase } from './sql-database.ts';

export type AuditDeps = {
  now: () => number;
  /** May throw, and then nothing of the change is done: one account must not fill the disk. */
  admit(line: AuditLine): void;
};

/** What is `held` in memory by every gateway is to be read again then; other things are `asked` for, or counted as decisions. */
export type Known = 'held' | 'asked';

export function createChanges<Tx extends object>(
  database: SqlDatabase,
  { now, admit }: AuditDeps,
  writesOn: (queries: Queries) => Tx,
  known: Known,
): Changes<Tx> {
  return {
    change: (act, held) =>
      database.transaction(async (queries) => {
        if (held) await requireHeld(database, queries, held);
        const watch = createWriteWatch();
        let isDone = false;
        const tx: AuditTx = {
          async audited(lines, result) {
            for (const line of [lines].flat()) {
              admit(line);
              const { by, action, target, detail = {} } = line;
              const who = { actor: writeActor(by.actor), origin: by.origin };
              const entry: AuditEntry = { at: now(), ...who, action, target: writeTarget(target), detail };
              await appendAudit(queries, database.auditKey(), entry);
            }
            isDone = true;
            return seal(result);
          },
          unchanged(result) {
            if (watch.hasWritten())
              throw new Error('a change that has written something must say so in the audit');
            return seal(result);
          },
        };
        const sealed = await act(Object.assign(writesOn(queries.withPlugin(watch.plugin)), tx));
        if (isDone && known === 'held') await tellOthers(queries);
        return open(sealed);
      }),
  };
}

/** Only here, and only for a line of the audit. */
const seal = <T>(result: T) => ({ result }) as unknown as Audited<T>;
const open = <T>(sealed: Audited<T>) => (sealed as unknown as { result: T }).result;

/** Has anything been written? An update that found nothing has not. */
function createWriteWatch() {
  let written = false;
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      if ((result.numAffectedRows ?? 0n) > 0n) written = true;
      return result;
    },
  };
  return { plugin, hasWritten: () => written };
}
