/** What a copy of the data holds, looked at as the gateway will meet it; and whether a backup is what its manifest says. */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { StoreFailure } from '../../failures.ts';
import { verifyAudit } from '../audit-verify.ts';
import { checkDatabase } from '../check.ts';
import { openForReading } from '../database.ts';
import { SCHEMA_VERSION } from '../migrate.ts';
import { DATABASE, describeFile, listFiles, MANIFEST, type Manifest, readManifest } from './manifest.ts';

export type Found = Pick<Manifest, 'schemaVersion' | 'auditHead' | 'counts'>;

/** @throws StoreFailure `storage-damaged`, `storage-newer`, `audit-broken`. */
export function inspect(folder: string): Found {
  const file = join(folder, DATABASE);
  const { damage, votes, schemaVersion } = checkDatabase(file);
  if (damage.length > 0) throw new StoreFailure('storage-damaged', `${file} is damaged: ${damage[0]}`);
  if (schemaVersion > SCHEMA_VERSION)
    throw new StoreFailure('storage-newer', `${file} was written by a newer gateway: update this one first`);
  const verdict = verifyAudit(file);
  if (!verdict.unbroken) {
    const { kind, seq } = verdict.broken;
    throw new StoreFailure('audit-broken', `the audit of ${file} is broken: ${kind} at row ${seq}`);
  }
  const db = openForReading(file);
  try {
    const count = (table: string) => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;
    const counts = {
      votes,
      units: count('units'),
      windows: count('windows'),
      terminals: count('terminals'),
      auditEntries: verdict.entries,
    };
    return { schemaVersion, auditHead: verdict.head, counts };
  } finally {
    db.close();
  }
}

/**
 * @returns the manifest of a backup that is whole. @throws StoreFailure `backup-changed` for a file that is not as it was
 * written, or what `inspect` finds.
 */
export function verifyBackup(folder: string): Manifest {
  const manifest = readManifest(folder);
  const changed = (what: string) => new StoreFailure('backup-changed', `${folder}: ${what}`);
  const present = new Set(listFiles(folder));
  present.delete(MANIFEST);
  for (const listed of manifest.files) {
    if (!present.delete(listed.path)) throw changed(`${listed.path} is missing`);
    if (lstatSync(join(folder, listed.path)).size !== listed.bytes)
      throw changed(`${listed.path} has another size`);
    if (describeFile(folder, listed.path).sha256 !== listed.sha256)
      throw changed(`${listed.path} is not what was written`);
  }
  for (const path of present) throw changed(`${path} is not of the backup`);
  const found = inspect(folder);
  for (const [name, number] of Object.entries(found.counts))
    if (manifest.counts[name as keyof Manifest['counts']] !== number)
      throw changed(`the manifest says another number of ${name}`);
  if (found.auditHead.hash !== manifest.auditHead.hash)
    throw changed('the manifest says another head of the audit');
  return manifest;
}
