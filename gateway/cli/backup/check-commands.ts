import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { DatabaseCheck, NumberFault } from '../../store/check.ts';
import { StoreFailure } from '../../store/failures.ts';
import { openPostgresCheck } from '../../store/postgres/check.ts';
import { openSqliteCheck } from '../../store/sqlite/database-check.ts';
import { databaseFile } from '../../store/sqlite/sqlite-store.ts';
import { tellBreak, verify } from '../audit/audit-commands.ts';
import { showOne } from '../output.ts';
import { createProgress } from '../progress.ts';
import { isElsewhere, type StoreOptions, type WithStore } from '../with-store.ts';

type Options = { repair?: boolean };

/** Looks at the data as the gateway does at its start, and at its audit; only reads, unless told to repair. */
export function registerCheckCommands(program: Command, withStore: WithStore): void {
  program
    .command('check')
    .description(
      'is the database whole, are rollups what the votes say and sums over long spans what rollups say, do numbers and the audit hold? Exit status 1 when not',
    )
    .option(
      '--repair',
      'count rollups that differ anew; the gateway must be stopped, but not where the data is in PostgreSQL',
    )
    .action(async ({ repair = false }: Options) => {
      const { json = false, database, dataDir } = program.opts<StoreOptions>();
      const folder = resolve(dataDir);
      const file = isElsewhere(database) ? null : databaseFile(folder);
      const check = open(folder, database, repair);
      const progress = createProgress('counting votes');
      try {
        const { damage: _none, rollups, numbers, history, ...report } = await check.check(progress.show);
        progress.end();
        const { journalKeys, differing, checked, examples } = rollups;
        const repaired = repair ? await repairAll(withStore, journalKeys) : 0;
        const foldedAnewFrom = history?.from ?? null;
        if (repair && foldedAnewFrom !== null)
          await withStore(({ repairHistory }, _json, { by }) => repairHistory(foldedAnewFrom, by));
        // What an older gateway wrote is looked at once it is brought up to date.
        const audit = numbers === null ? null : await lookAtAudit(folder, database);
        const row = {
          ...(file !== null && { file, integrity: 'ok' }),
          ...report,
          rollupsChecked: checked,
          differingRollups: differing,
          repaired,
          differingHistory: history?.differing ?? null,
          wrongNumbers: numbers?.reduce((sum, { rows }) => sum + rows, 0) ?? null,
          ...audit?.row,
        };
        const isRepaired = differing + (history?.differing ?? 0) === 0 || repair;
        const notes = [
          ...(isRepaired ? [] : [howToRepair(file)]),
          ...(numbers ?? []).map(tellNumber),
          ...(audit?.notes ?? []),
        ];
        showOne(json ? { ...row, examples, numbers } : row, json, notes.join('\n'));
        if (notes.length > 0) process.exitCode = 1;
      } finally {
        progress.end();
        await check.close();
      }
    });
}

function open(folder: string, address: string | undefined, repairs: boolean): DatabaseCheck {
  if (!isElsewhere(address)) return openSqliteCheck(databaseFile(folder), { repairs });
  return openPostgresCheck({ address });
}

/** @returns how many rows were not right. */
async function repairAll(withStore: WithStore, journalKeys: readonly number[]): Promise<number> {
  if (journalKeys.length === 0) return 0;
  let rows = 0;
  await withStore(async ({ repairRollups }, _json, { by }) => {
    const { differences, leftOut } = await repairRollups(journalKeys, by);
    rows = differences.length + leftOut;
  });
  return rows;
}

const howToRepair = (file: string | null) =>
  file === null
    ? 'Put right with: manyi check --repair, also while gateways run.'
    : 'Put right with: manyi check --repair, or at the next start of the gateway.';

const tellNumber = ({ what, rows }: NumberFault) => `numbers-wrong: ${rows} ${what}.`;

/** What cannot be verified is said beside what was counted. */
async function lookAtAudit(folder: string, address: string | undefined) {
  try {
    const verdict = await verify(folder, address);
    const { unbroken, entries } = verdict;
    const row = { auditUnbroken: unbroken, auditEntries: entries };
    if (!verdict.unbroken) return { row, notes: [tellBreak(verdict)] };
    return { row: { ...row, auditHead: `${verdict.head.seq}:${verdict.head.hash}` }, notes: [] };
  } catch (error) {
    if (!(error instanceof StoreFailure) || !error.code.startsWith('audit-')) throw error;
    return { row: { auditUnbroken: null }, notes: [`${error.code}: ${error.message}`] };
  }
}
