/** What is in a backup: `manifest.json` beside the files, with the size and SHA-256 of each. */
import { createHash } from 'node:crypto';
import { closeSync, lstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join, sep } from 'node:path';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { StoreFailure } from '../../failures.ts';

export const MANIFEST = 'manifest.json';
export const DATABASE = 'manyi.db';
export const AUDIT_KEY = 'audit.key';
/** The certificate authority: without it, every terminal would need a new certificate. */
export const PKI = 'pki';

const Count = Type.Integer({ minimum: 0 });
/** No absolute path, no `..`, nothing hidden: a manifest may come from anywhere. */
const PATH = `^(manyi\\.db|audit\\.key|pki(/[A-Za-z0-9_][A-Za-z0-9_.-]*)+)$`;
const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });

const Manifest = Type.Object(
  {
    format: Type.Literal('manyi-backup/1'),
    createdAt: Type.Integer({ minimum: 0 }),
    schemaVersion: Count,
    auditHead: Type.Object({ seq: Count, hash: Sha256 }),
    counts: Type.Object({
      votes: Count,
      units: Count,
      windows: Count,
      terminals: Count,
      auditEntries: Count,
    }),
    files: Type.Array(Type.Object({ path: Type.String({ pattern: PATH }), bytes: Count, sha256: Sha256 }), {
      minItems: 2,
      maxItems: 10_000,
    }),
  },
  { additionalProperties: false },
);
export type Manifest = Static<typeof Manifest>;
export type ListedFile = Manifest['files'][number];

const schema = Compile(Manifest);
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;

/** @throws StoreFailure `backup-unreadable`, `backup-malformed`. */
export function readManifest(folder: string): Manifest {
  const path = join(folder, MANIFEST);
  let text: string;
  try {
    const found = lstatSync(path);
    if (!found.isFile()) throw new Error('not a regular file');
    if (found.size > MAX_MANIFEST_BYTES) throw new Error('far too large');
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new StoreFailure('backup-unreadable', `${path}: ${(error as Error).message}`, { cause: error });
  }
  const malformed = (what: string) => new StoreFailure('backup-malformed', `${path}: ${what}`);
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch {
    throw malformed('not JSON');
  }
  if (!schema.Check(manifest)) throw malformed('not the manifest of a backup that this gateway knows');
  const paths = manifest.files.map(({ path: listed }) => listed);
  for (const needed of [DATABASE, AUDIT_KEY])
    if (!paths.includes(needed)) throw malformed(`${needed} is not listed`);
  if (new Set(paths).size !== paths.length) throw malformed('a file is listed twice');
  return manifest;
}

/** Size and SHA-256 of a file, read in pieces. */
export function describeFile(folder: string, path: string): ListedFile {
  const handle = openSync(join(folder, path), 'r');
  try {
    const hash = createHash('sha256');
    const chunk = Buffer.alloc(CHUNK_BYTES);
    let bytes = 0;
    for (;;) {
      const read = readSync(handle, chunk);
      if (read === 0) break;
      bytes += read;
      hash.update(chunk.subarray(0, read));
    }
    return { path, bytes, sha256: hash.digest('hex') };
  } finally {
    closeSync(handle);
  }
}

/** Paths of the regular files below a folder, with `/` between. @throws StoreFailure `file-unexpected` for anything else. */
export function listFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) return [];
    if (!entry.isFile()) throw new StoreFailure('file-unexpected', `${path} is neither a file nor a folder`);
    return [path.slice(folder.length + 1).replaceAll(sep, '/')];
  });
}
