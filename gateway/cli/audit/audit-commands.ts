import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { AuditHead, AuditVerdict } from '../../store/audit-check.ts';
import { StoreFailure } from '../../store/failures.ts';
import { verifyPostgresAudit } from '../../store/postgres/audit-verify.ts';
import { readSealSettings } from '../../store/seal-settings.ts';
import { verifyAudit } from '../../store/sqlite/audit-verify.ts';
import { databaseFile } from '../../store/sqlite/sqlite-store.ts';
import { show } from '../output.ts';
import { isElsewhere, type StoreOptions, type WithStore } from '../with-store.ts';

function checkLimit(text: string): number {
  const limit = Number(text);
  if (!/^\d+$/.test(text) || limit < 1 || limit > 10_000)
    throw new InvalidArgumentError('a whole number from 1 to 10000');
  return limit;
}

function checkHead(text: string): AuditHead {
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (seq === undefined || hash === undefined)
    throw new InvalidArgumentError('SEQ:HASH as `manyi audit verify` has printed it');
  return { seq: Number(seq), hash };
}

/** Who did what, from where; and whether that record is still what was written. */
export function registerAuditCommands(program: Command, withStore: WithStore): void {
  const audit = program.command('audit').description('who did what to which thing, from where');
  audit
    .command('list')
    .description('the newest rows')
    .option('--limit <n>', 'how many, newest first', checkLimit, 50)
    .action(({ limit }: { limit: number }) =>
      withStore.reading(async ({ audit: rows }, json) =>
        show(
          (await rows.entries({ limit })).map(({ seq, at, actor, origin, action, target, detail }) => ({
            seq,
            at: new Date(at).toISOString(),
            actor,
            origin,
            action,
            target,
            detail: json ? detail : JSON.stringify(detail),
          })),
          json,
        ),
      ),
    );
  audit
    .command('verify')
    .description('finds the first row that was changed, removed or inserted; exit status 1 when there is one')
    .option('--head <seq:hash>', 'must also contain this head, written down earlier', checkHead)
    .action(async ({ head }: { head?: AuditHead }) => {
      const { json, dataDir, database } = program.opts<StoreOptions>();
      const verdict = await verify(resolve(dataDir), database, head);
      if (json) console.log(JSON.stringify(verdict));
      else if (verdict.unbroken)
        console.log(`${verdict.entries} entries, unbroken, head ${verdict.head.seq}:${verdict.head.hash}`);
      else console.error(tellBreak(verdict));
      if (!verdict.unbroken) process.exitCode = 1;
    });
}

/** Of whichever database the settings name. @throws StoreFailure */
export async function verify(
  dataDir: string,
  address: string | undefined,
  head?: AuditHead,
): Promise<AuditVerdict> {
  if (isElsewhere(address)) return verifyPostgresAudit({ address, dataDir, ...readSealSettings() }, head);
  const file = databaseFile(dataDir);
  if (!existsSync(file)) throw new StoreFailure('storage-missing', `there is no database ${file}`);
  return verifyAudit(file, head);
}

/** What does not hold, for people. */
export const tellBreak = ({ broken, entries }: Extract<AuditVerdict, { unbroken: false }>): string =>
  `audit-broken: ${broken.kind} at row ${broken.seq}: ${broken.what}; the ${entries} rows before it hold`;
