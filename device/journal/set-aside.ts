/**
 * Journals that were set aside: renamed, never repaired, with a note of what is in them beside each. There are a few of them
 * on a card at most, so that a card that fails again and again does not fill itself with what it broke.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { MAX_VOTES_PER_EPOCH } from '../../protocol/ids.ts';
import { makeFile } from '../../protocol/process/owner.ts';
import { syncFolder } from '../../protocol/process/whole-file.ts';

/**
 * `corrupt`: it could not be read. `behind`: the gateway had votes of its epoch that it never gave. `moved`: it was another
 * terminal's, whose votes are not to be sent under this one's name.
 */
export type Why = 'corrupt' | 'behind' | 'moved';

export type SetAside = {
  path: string;
  /** What people and commands call it. */
  id: string;
  why: Why;
  atMs: number;
  /** Null where the file did not say. */
  epoch: string | null;
  /** Votes in it that no ack covered, as far as is known. */
  unsent: number | null;
  /** The highest number in it, as far as is known. */
  last: number | null;
  /** From here on its votes are the first ones of the epoch after it, and not to be sent from here; null for none. */
  carriedFrom: number | null;
  /** What became of it, and when; null while nobody has decided. */
  settled: { as: Settled; atMs: number } | null;
};

/** Every vote that could be read is stored at the gateway; or a person has written them off. The file stays for a while. */
export type Settled = 'sent' | 'dropped';
export type Known = Pick<SetAside, 'epoch' | 'unsent'> & Partial<Pick<SetAside, 'last' | 'carriedFrom'>>;
export const NOTHING_KNOWN: Known = { epoch: null, unsent: null };
/** So long can a decision be taken back. */
const SETTLED_KEPT_MS = 30 * 86_400_000;
/** A clock that shows less knows nothing of ages. */
const PLAUSIBLE_FROM_MS = Date.UTC(2026, 0, 1);

export const MAX_SET_ASIDE = 4;
/** Times up to the year 5138: what is beyond is none of ours, and no gateway would take it. */
const NAME = /\.(corrupt|behind|moved)-(\d{1,14})(?:\.(sent|dropped)-(\d{1,14}))?$/;
const PARTS = ['', '-wal', '-shm'];
const MAX_NOTE_BYTES = 1_024;
const UNKNOWN = { epoch: null, unsent: null, last: null, carriedFrom: null, settled: null };

/** Renames the journal with its WAL, and syncs the folder. What is beyond MAX_SET_ASIDE goes: see `dropOldest`. */
export function setFileAside(path: string, why: Why, timeMs: number, known: Known): SetAside {
  let atMs = Math.max(0, Math.round(timeMs));
  // A clock that stands at 1970 gives the same time at every start.
  while (existsSync(`${path}.${why}-${atMs}`)) atMs += 1;
  const target = `${path}.${why}-${atMs}`;
  // The file first: one without its WAL is an older state, and would give numbers a second time.
  for (const part of PARTS) if (existsSync(path + part)) renameSync(path + part, target + part);
  try {
    makeFile(`${target}.json`, 0o644);
    writeFileSync(`${target}.json`, JSON.stringify(known));
  } catch {
    // On a full disk there is no note; the file is what counts.
  }
  syncFolder(dirname(path));
  return { ...UNKNOWN, ...known, path: target, id: idOf(why, atMs), why, atMs };
}

/** Short enough to be read out, and made of the name, so that it needs no place of its own on the card. */
function idOf(why: Why, atMs: number): string {
  return createHash('sha256').update(`${why}-${atMs}`).digest('hex').slice(0, 8);
}

/** Newest first. */
export function listSetAside(path: string): SetAside[] {
  let names: string[];
  try {
    names = readdirSync(dirname(path));
  } catch {
    return [];
  }
  const found: SetAside[] = [];
  for (const name of names) {
    const [ending, why, time, as, settledAt] = NAME.exec(name) ?? [];
    if (ending === undefined || name !== basename(path) + ending) continue;
    const file = join(dirname(path), name);
    const atMs = Number(time);
    const settled = as === undefined ? null : { as: as as Settled, atMs: Number(settledAt) };
    const id = idOf(why as Why, atMs);
    found.push({ ...UNKNOWN, ...readNote(`${file}.json`), path: file, id, why: why as Why, atMs, settled });
  }
  return found.sort((a, b) => b.atMs - a.atMs);
}

/**
 * Deletes what is too much, first what somebody has decided about, then what is known to hold nothing unsent, then the oldest.
 * Returns what it deleted, for somebody to say so: it may have held votes that are nowhere else.
 */
export function dropSurplus(path: string): SetAside[] {
  const rank = ({ settled, unsent }: SetAside) => (settled !== null ? 0 : unsent === 0 ? 1 : 2);
  const candidates = listSetAside(path)
    .reverse()
    .sort((a, b) => rank(a) - rank(b));
  const surplus = candidates.slice(0, Math.max(0, candidates.length - MAX_SET_ASIDE));
  for (const aside of surplus) remove(aside);
  return surplus;
}

/** Deletes what somebody decided about so long ago that nobody takes it back any more. @param nowMs by a clock that is known */
export function dropSettled(path: string, nowMs: number): void {
  for (const aside of listSetAside(path)) {
    const since = aside.settled?.atMs ?? Number.POSITIVE_INFINITY;
    if (since >= PLAUSIBLE_FROM_MS && nowMs - since > SETTLED_KEPT_MS) remove(aside);
  }
}

/** Renames it to say what became of it. Done again after a power cut in between, it does the rest. */
export function settle(path: string, aside: SetAside, as: Settled, timeMs: number): void {
  const undecided = `${path}.${aside.why}-${aside.atMs}`;
  const target =
    aside.settled?.as === as ? aside.path : `${undecided}.${as}-${Math.max(0, Math.round(timeMs))}`;
  for (const from of new Set([aside.path, undecided]))
    for (const part of [...PARTS, '.json'])
      if (from !== target && existsSync(from + part)) renameSync(from + part, target + part);
  syncFolder(dirname(path));
}

function remove({ path }: SetAside): void {
  for (const part of [...PARTS, '.json']) rmSync(path + part, { force: true });
}

/**
 * Ends a move that a power cut broke off between two renames: a journal that waits for its place gets it, one that is no
 * longer wanted goes, a WAL follows its file, and one without a file is kept under a name that no new journal will take for its own.
 */
export function finishMoves(path: string, timeMs: number): void {
  const next = nextPath(path);
  if (existsSync(path)) {
    for (const part of PARTS) rmSync(next + part, { force: true });
    return;
  }
  if (existsSync(`${path}-wal`))
    renameSync(`${path}-wal`, `${leftWithoutLog(path) ?? `${path}.orphan-${Math.round(timeMs)}`}-wal`);
  if (existsSync(next)) renameSync(next, path);
  syncFolder(dirname(path));
}

/** What was being set aside when the power went: its log was to follow, and then its note. What it had last is in that log. */
function leftWithoutLog(path: string): string | null {
  const [newest] = listSetAside(path);
  if (newest === undefined || newest.settled !== null) return null;
  return ['-wal', '.json'].some((part) => existsSync(newest.path + part)) ? null : newest.path;
}

/** Where a new journal is written before it takes the old one's place. */
export const nextPath = (path: string) => `${path}.next`;

function readNote(file: string): Known {
  try {
    const text = readFileSync(file, 'utf8');
    if (text.length > MAX_NOTE_BYTES) return NOTHING_KNOWN;
    const { epoch, unsent, last, carriedFrom } = JSON.parse(text) as Record<string, unknown>;
    return {
      last: isCount(last) ? last : null,
      carriedFrom: isCount(carriedFrom) ? carriedFrom : null,
      epoch: typeof epoch === 'string' && /^[0-9a-f]{32}$/.test(epoch) ? epoch : null,
      unsent: isCount(unsent) ? unsent : null,
    };
  } catch {
    return NOTHING_KNOWN;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= MAX_VOTES_PER_EPOCH;
}
