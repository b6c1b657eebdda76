import { resolve } from 'node:path';
import type { Command } from 'commander';
import { claimDataDir } from '../../store/claim.ts';
import { checkDatabase, damageFailure } from '../../store/sqlite/check.ts';
import { refuseMissing } from '../../store/sqlite/database.ts';
import { createSqliteStore, databaseFile } from '../../store/sqlite/sqlite-store.ts';
import { cliActor } from '../actor.ts';
import { showOne } from '../output.ts';
import { refuseElsewhere } from '../with-store.ts';

/** Looks at the data as the gateway does at its start; only reads, unless told to repair. */
export function registerCheckCommands(program: Command): void {
  program
    .command('check')
    .description('is the database whole, and is every rollup what its votes say? Exit status 1 when not')
    .option('--repair', 'count rollups that differ anew; the gateway must be stopped')
    .action(async ({ repair = false }: { repair?: boolean }) => {
      refuseElsewhere(program, 'PostgreSQL looks after its pages itself');
      const { json, dataDir } = program.opts<{ json?: boolean; dataDir: string }>();
      const folder = resolve(dataDir);
      const file = databaseFile(folder);
      refuseMissing(file);
      const claim = repair ? claimDataDir(folder) : null;
      try {
        const { damage, rollups, ...report } = checkDatabase(file);
        if (damage.length > 0) throw damageFailure(file, damage);
        const repaired = repair ? await repairAll(file, rollups.journalKeys) : 0;
        const { differing, checked, examples } = rollups;
        const row = {
          file,
          ...report,
          integrity: 'ok',
          rollupsChecked: checked,
          differingRollups: differing,
          repaired,
        };
        const wrong = differing > 0 && !repair;
        const note = wrong
          ? 'Put right with: manyi check --repair, or at the next start of the gateway.'
          : '';
        showOne(json ? { ...row, examples } : row, json === true, note);
        if (wrong) process.exitCode = 1;
      } finally {
        claim?.release();
      }
    });
}

/** @returns how many rows were not right. */
async function repairAll(file: string, journalKeys: readonly number[]): Promise<number> {
  if (journalKeys.length === 0) return 0;
  const store = createSqliteStore({ file });
  try {
    const { differences, excluded } = await store.repairRollups(journalKeys, cliActor());
    return differences.length + excluded;
  } finally {
    store.close();
  }
}
