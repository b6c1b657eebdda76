/** A store in a folder of its own, and what to put into one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { VoteRecord } from '../../gateway/store/ledger.ts';
import {
  createSqliteStore,
  databaseFile,
  type SqliteStore,
} from '../../gateway/store/sqlite/sqlite-store.ts';
import type { ExportedVote, VoteReads } from '../../gateway/store/votes.ts';

export type StoreHome = { file: string; open(): SqliteStore; dispose(): void };

export function createStoreHome(folder = mkdtempSync(join(tmpdir(), 'manyi-store-'))): StoreHome {
  const file = databaseFile(folder);
  return {
    file,
    open: () => createSqliteStore({ file }),
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export function voteRecord(change: Partial<VoteRecord> & { journalKey: number; seq: number }): VoteRecord {
  const at = change.at ?? 1_795_000_000_000;
  return {
    channel: 0,
    windowKey: 1,
    rating: 0,
    at,
    clock: 0,
    boot: 'boot-1',
    mono: change.seq,
    receivedAt: at,
    ...change,
  };
}

/** Every vote of a span, of all windows or some: all that there is, if nothing else is said. */
export async function exported(
  { votes }: { votes: Pick<VoteReads, 'exportVotes'> },
  {
    from = 0,
    to = 9e12,
    windowKeys = null,
  }: { from?: number; to?: number; windowKeys?: number[] | null } = {},
): Promise<ExportedVote[]> {
  const found: ExportedVote[] = [];
  for await (const page of votes.exportVotes(from, to, windowKeys)) found.push(...page);
  return found;
}
