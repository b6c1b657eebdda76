/** `manyi backup`: the database as of one moment, the audit's key and the certificate authority, in a new folder. */
import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeFolder } from '../../../../protocol/process/owner.ts';
import { syncFile, syncFolder, writeNewFile } from '../../../../protocol/process/whole-file.ts';
import type { AuditStore } from '../../audit.ts';
import type { By } from '../../changes.ts';
import { StoreFailure } from '../../failures.ts';
import { inspect } from './inspect.ts';
import { AUDIT_KEY, DATABASE, describeFile, listFiles, MANIFEST, type Manifest, PKI } from './manifest.ts';

const COPY = fileURLToPath(new URL('./copy-process.js', import.meta.url));
const PROGRESS_MS = 250;

export type BackupDeps = {
  audit: AuditStore;
  dataDir: string;
  now: () => number;
  by: By;
  /** Part of the database that is copied, 0 to 1; about. */
  progress?: (part: number) => void;
};

/**
 * All or nothing: it is written beside the target, synced, and renamed. @throws StoreFailure `backup-exists`,
 * `backup-unfinished`, `backup-failed`, `storage-damaged`.
 */
export async function createBackup(target: string, deps: BackupDeps): Promise<Manifest> {
  const { dataDir, now, by } = deps;
  const partial = `${target}.partial`;
  if (existsSync(target))
    throw new StoreFailure('backup-exists', `${target} exists: a backup is never written over another`);
  if (existsSync(partial))
    throw new StoreFailure('backup-unfinished', `${partial} is of a backup that was cut off: remove it`);
  const audit = (action: string, detail: Record<string, unknown>) =>
    deps.audit.change((tx) =>
      tx.audited({ by, action, target: { kind: 'backup', folder: basename(target) }, detail }, undefined),
    );
  // Before the copy, so that the copy has it, too.
  await audit('backup.begin', { folder: target });
  const createdAt = now();
  makeFolder(partial);
  try {
    await copyDatabase(join(dataDir, DATABASE), join(partial, DATABASE), deps.progress);
    copyKeys(dataDir, partial);
    const found = inspect(partial);
    const files = listFiles(partial).map((path) => describeFile(partial, path));
    const manifest: Manifest = { format: 'manyi-backup/1', createdAt, ...found, files };
    writeNewFile(join(partial, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
    syncAll(partial);
    renameSync(partial, target);
    syncFolder(dirname(target));
    await audit('backup.create', {
      folder: target,
      counts: found.counts,
      sha256: describeFile(target, MANIFEST).sha256,
    });
    return manifest;
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    throw error;
  }
}

async function copyDatabase(file: string, target: string, progress?: (part: number) => void): Promise<void> {
  // VACUUM INTO takes an empty file for none: so it is whose it is to be.
  writeNewFile(target, '');
  const child = spawn(process.execPath, [COPY, file, target], { stdio: ['ignore', 'ignore', 'pipe'] });
  const wholeBytes = statSync(file).size;
  const timer = setInterval(() => {
    if (existsSync(target)) progress?.(Math.min(1, statSync(target).size / wholeBytes));
  }, PROGRESS_MS);
  const stop = () => child.kill('SIGKILL');
  process.once('exit', stop);
  let said = '';
  child.stderr.on('data', (data) => {
    said = (said + String(data)).slice(-2_000);
  });
  try {
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        if (code === 0) resolve();
        else
          reject(new StoreFailure('backup-failed', `the copy ended with ${code ?? signal}: ${said.trim()}`));
      });
    });
  } finally {
    clearInterval(timer);
    process.off('exit', stop);
  }
  progress?.(1);
}

function copyKeys(dataDir: string, partial: string): void {
  copyPrivately(join(dataDir, AUDIT_KEY), join(partial, AUDIT_KEY));
  const pki = join(dataDir, PKI);
  if (!existsSync(pki)) return;
  for (const path of listFiles(pki)) copyPrivately(join(pki, path), join(partial, PKI, path));
}

/** A new file for its folder's owner only, whatever the original allows. */
export function copyPrivately(from: string, to: string): void {
  makeFolder(dirname(to));
  writeNewFile(to, '');
  copyFileSync(from, to);
  chmodSync(to, 0o600);
}

/** Every file, then every folder that names one. */
export function syncAll(folder: string): void {
  const paths = listFiles(folder);
  for (const path of paths) syncFile(join(folder, path));
  for (const inner of new Set(paths.map((path) => dirname(join(folder, path))))) syncFolder(inner);
  syncFolder(folder);
}
