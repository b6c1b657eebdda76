/**
 * Is the database whole, and is every rollup what its votes say? Only reads, on a connection of its own; may run beside a
 * gateway that writes. About 1 µs a vote.
 */
import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { CheckReport } from '../check.ts';
import { StoreFailure } from '../failures.ts';
import { openForReading } from './database.ts';
import { SCHEMA_VERSION, schemaVersionOf } from './migrate.ts';
import { findLeftOutDifferences, findRollupDifferences } from './rollup-check.ts';

const SHOWN = 20;

/** @param goesOn asked between two steps; false ends the check early with a report of what was found so far. */
export function checkDatabase(file: string, goesOn: () => boolean = () => true): CheckReport {
  if (!existsSync(file)) throw new StoreFailure('storage-missing', `there is no database ${file}`);
  const begun = performance.now();
  const rollups: CheckReport['rollups'] = { checked: false, differing: 0, journalKeys: [], examples: [] };
  const report: CheckReport = { schemaVersion: 0, damage: [], votes: 0, rollups, durationMs: 0 };
  let db: Database.Database | null = null;
  try {
    db = openForReading(file);
    report.schemaVersion = schemaVersionOf(db);
    const said = db.pragma('quick_check(20)') as { quick_check: string }[];
    report.damage = said.map(({ quick_check }) => quick_check).filter((line) => line !== 'ok');
    if (report.damage.length === 0 && report.schemaVersion > 0 && report.schemaVersion <= SCHEMA_VERSION) {
      report.votes = db.prepare('SELECT count(*) FROM votes').pluck().get() as number;
      compareRollups(db, report.rollups, goesOn);
    }
  } catch (error) {
    if (!isDamage(error)) throw error;
    report.damage.push(error.message);
  } finally {
    db?.close();
  }
  report.durationMs = Math.round(performance.now() - begun);
  return report;
}

function compareRollups(db: Database.Database, rollups: CheckReport['rollups'], goesOn: () => boolean): void {
  const keys = new Set<number>();
  for (const differences of findRollupDifferences(db)) {
    rollups.differing += differences.length;
    rollups.examples.push(...differences.slice(0, SHOWN - rollups.examples.length));
    for (const { journalKey } of differences) keys.add(journalKey);
    if (!goesOn()) return;
  }
  for (const key of findLeftOutDifferences(db)) {
    rollups.differing += 1;
    keys.add(key);
  }
  rollups.journalKeys = [...keys];
  rollups.checked = true;
}

function isDamage(error: unknown): error is InstanceType<typeof Database.SqliteError> {
  return error instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code);
}

/** What to do with a database that is not whole. */
export function damageFailure(file: string, damage: readonly string[]): StoreFailure {
  return new StoreFailure(
    'storage-damaged',
    `${file} is damaged (${damage[0]}). Nothing was changed. Put the newest backup in its place with ` +
      '`manyi restore FOLDER`, which keeps the damaged files; terminals then send again what the backup does not have.',
  );
}
