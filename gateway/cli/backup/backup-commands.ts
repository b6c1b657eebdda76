import { resolve } from 'node:path';
import type { Command } from 'commander';
import { StoreFailure } from '../../store/failures.ts';
import { sealKeyIn } from '../../store/seal-key.ts';
import { createBackup } from '../../store/sqlite/backup/create.ts';
import { verifyBackup } from '../../store/sqlite/backup/inspect.ts';
import type { Manifest } from '../../store/sqlite/backup/manifest.ts';
import { restoreBackup } from '../../store/sqlite/backup/restore.ts';
import { refuseMissing } from '../../store/sqlite/database.ts';
import { createSqliteStore, databaseFile } from '../../store/sqlite/sqlite-store.ts';
import { cliActor } from '../actor.ts';
import { showOne } from '../output.ts';
import { createProgress } from '../progress.ts';
import { refuseElsewhere } from '../with-store.ts';

const SECRET_NOTE =
  'It holds the keys of the certificate authority and of the audit: keep it away from this machine, encrypted, readable by\n' +
  'few. Try it now and then: manyi backup verify FOLDER. Put it back with: manyi restore FOLDER.';

const RESTORE_NOTE = [
  'Start the gateway now. Terminals send again what the backup does not have, as far as their journals go back',
  '(7 days, if not set otherwise). Everybody must sign in again. To be repeated by hand is what else was done after the',
  'backup: terminals, windows and units added, terminals and links revoked, accounts changed.',
].join('\n');

/** Copies that can be put back; `manyi backup` works while votes pour in. */
export function registerBackupCommands(program: Command): void {
  const options = () => {
    const { json, dataDir } = program.opts<{ json?: boolean; dataDir: string }>();
    return { json: json === true, dataDir: resolve(dataDir) };
  };
  const backup = program
    .command('backup')
    .description('a consistent copy of all data into a new folder, while the gateway runs')
    .option('--to <folder>', 'the folder, which must not exist yet')
    .action(async ({ to }: { to?: string }) => {
      if (to === undefined)
        throw new StoreFailure('argument-missing', 'say where to: manyi backup --to FOLDER');
      refuseElsewhere(
        program,
        `dump the database with pg_dump --format=custom --exclude-table-data=sessions --file=FILE "$MANYI_DATABASE", and keep\n  ${sealKeyIn(resolve(program.opts<{ dataDir: string }>().dataDir))} elsewhere: without it no gateway can open the keys that are in the dump; docs/postgresql.md has all of it, and backups to any moment`,
      );
      const { json, dataDir } = options();
      const file = databaseFile(dataDir);
      refuseMissing(file);
      const target = resolve(to);
      const progress = createProgress('copying the database');
      const store = createSqliteStore({ file });
      try {
        const deps = { audit: store.audit, dataDir, now: Date.now, by: cliActor(), progress: progress.show };
        const manifest = await createBackup(target, deps);
        progress.end();
        showOne({ folder: target, ...summary(manifest) }, json, SECRET_NOTE);
      } finally {
        progress.end();
        store.close();
      }
    });
  backup
    .command('verify <folder>')
    .description('is the backup whole, and would it start?')
    .action((folder: string) => {
      const { json } = options();
      const manifest = verifyBackup(resolve(folder));
      showOne({ folder: resolve(folder), ...summary(manifest) }, json, 'The backup is whole.');
    });
  program
    .command('restore <folder>')
    .description('puts a backup in the place of the data, which is moved aside; the gateway must be stopped')
    .action(async (folder: string) => {
      refuseElsewhere(
        program,
        'stop the gateways, make an empty database, fill it with pg_restore --exit-on-error --no-owner --dbname="$MANYI_DATABASE" FILE,\n  put seal.key into the data folder if it is not there, and let `manyi check` look at it before a gateway starts: docs/postgresql.md',
      );
      const { json, dataDir } = options();
      const { manifest, aside, check } = await restoreBackup(resolve(folder), {
        dataDir,
        now: Date.now,
        by: cliActor(),
      });
      const { differing } = check.rollups;
      showOne({ dataDir, ...summary(manifest), aside, differingRollups: differing }, json, RESTORE_NOTE);
    });
}

function summary({ createdAt, schemaVersion, counts, auditHead, files }: Manifest) {
  return {
    createdAt: new Date(createdAt).toISOString(),
    schemaVersion,
    ...counts,
    files: files.length,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    auditHead: `${auditHead.seq}:${auditHead.hash}`,
  };
}
