/**
 * `manyi restore`: the files of a backup in the place of the data, which is moved aside and never deleted. Cut off at any
 * moment, it leaves a mark: nothing opens the folder until a restore has come to its end.
 */
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder } from '../../../../protocol/process/owner.ts';
import { syncFolder, writeNewFile } from '../../../../protocol/process/whole-file.ts';
import type { By } from '../../changes.ts';
import type { CheckReport } from '../../check.ts';
import { claimDataDir } from '../../claim.ts';
import { StoreFailure } from '../../failures.ts';
import { checkDatabase } from '../check.ts';
import { RESTORE_MARK } from '../database.ts';
import { createSqliteStore } from '../sqlite-store.ts';
import { copyPrivately, syncAll } from './create.ts';
import { verifyBackup } from './inspect.ts';
import { AUDIT_KEY, DATABASE, describeFile, type Manifest, PKI } from './manifest.ts';

const STAGED = 'restore.staged';

export type RestoreDeps = { dataDir: string; now: () => number; by: By };
/** `aside`: where the data is that was there before; null when there was none. */
export type Restored = { manifest: Manifest; aside: string | null; check: CheckReport };

/** @throws StoreFailure `data-in-use` while a gateway runs, and what is wrong with the backup; nothing is touched then. */
export async function restoreBackup(folder: string, { dataDir, now, by }: RestoreDeps): Promise<Restored> {
  const claim = claimDataDir(dataDir);
  try {
    const manifest = verifyBackup(folder);
    const staged = stage(folder, dataDir, manifest);
    const mark = join(dataDir, RESTORE_MARK);
    if (!existsSync(mark)) writeNewFile(mark, '');
    syncFolder(dataDir);
    const aside = moveAside(dataDir, manifest, now());
    for (const name of readdirSync(staged)) renameSync(join(staged, name), join(dataDir, name));
    syncFolder(dataDir);
    rmSync(mark);
    rmSync(staged, { recursive: true });
    syncFolder(dataDir);
    return { manifest, aside, check: await takeOver(folder, manifest, aside, { dataDir, now, by }) };
  } finally {
    claim.release();
  }
}

/** On the same file system as the data, and whole, before anything is moved. */
function stage(folder: string, dataDir: string, manifest: Manifest): string {
  const staged = join(dataDir, STAGED);
  rmSync(staged, { recursive: true, force: true });
  makeFolder(staged);
  for (const { path, sha256 } of manifest.files) {
    copyPrivately(join(folder, path), join(staged, path));
    if (describeFile(staged, path).sha256 !== sha256)
      throw new StoreFailure(
        'backup-changed',
        `${path} was read differently the second time: is the disk good?`,
      );
  }
  syncAll(staged);
  return staged;
}

function moveAside(dataDir: string, manifest: Manifest, at: number): string | null {
  const hasPki = manifest.files.some(({ path }) => path.startsWith(`${PKI}/`));
  const names = [
    DATABASE,
    `${DATABASE}-wal`,
    `${DATABASE}-shm`,
    `${DATABASE}-journal`,
    AUDIT_KEY,
    `${AUDIT_KEY}.new`,
  ];
  if (hasPki) names.push(PKI);
  const present = names.filter((name) => existsSync(join(dataDir, name)));
  if (present.length === 0) return null;
  const aside = join(dataDir, `replaced-${new Date(at).toISOString().replaceAll(/[:.]/g, '')}`);
  makeFolder(aside);
  for (const name of present) renameSync(join(dataDir, name), join(aside, name));
  syncFolder(aside);
  syncFolder(dirname(aside));
  return aside;
}

/** The first thing that the restored audit says is where it comes from. */
async function takeOver(
  folder: string,
  manifest: Manifest,
  aside: string | null,
  deps: RestoreDeps,
): Promise<CheckReport> {
  const { dataDir, now, by } = deps;
  const file = join(dataDir, DATABASE);
  const store = createSqliteStore({ file, audit: { now, admit: () => {} } });
  try {
    const { createdAt, counts } = manifest;
    const detail = { folder, createdAt: new Date(createdAt).toISOString(), counts, aside };
    await store.people.change(async (tx) => {
      // One that was ended after the backup would otherwise be open again.
      await tx.endAllSessions();
      return tx.audited({ by, action: 'backup.restore', target: { kind: 'data' }, detail }, undefined);
    });
  } finally {
    store.close();
  }
  return checkDatabase(file);
}
