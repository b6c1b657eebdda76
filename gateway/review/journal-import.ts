/**
 * Votes out of a journal's file that was brought to the gateway: of a board that is dead, or one that was put away on another
 * terminal's card. Each is stored once, under the identity that it has there, whatever came of it before.
 */
import { createHash } from 'node:crypto';
import { CHANNELS } from '../../protocol/channel.ts';
import { type JournalContent, lastOfJournal, readJournalFile, voteOf } from '../../protocol/journal-file.ts';
import type { Bytes } from '../../protocol/sqlite-pages.ts';
import { CLOCKS, RATINGS } from '../../protocol/vote.ts';
import type { Audit } from '../audit/audit.ts';
import type { AuditTarget } from '../domain/audit-target.ts';
import { createExclusions } from '../domain/exclusions.ts';
import type { RatingCode } from '../domain/tally.ts';
import { isBelievable } from '../domain/vote-time.ts';
import type { By } from '../store/changes.ts';
import { OrgRefusal } from '../store/failures.ts';
import type { FleetReads } from '../store/fleet.ts';
import type { ChannelCode, ClockCode } from '../store/ledger.ts';
import type { ImportedVote, ReviewStore } from '../store/review.ts';

/** The parts of a journal as they lie beside each other; null for one that is not there. */
export type JournalFiles = {
  file: Uint8Array;
  wal: Uint8Array | null;
  note: string | null;
  /** It is one that was put away because a copy of its card ran: its last votes are the first ones of another. */
  isBehind: boolean;
};

export type ImportOutcome = {
  terminal: string;
  epoch: string;
  /** Votes that could be read, of how many that there were. */
  read: number;
  unreadable: number;
  stored: number;
  duplicates: number;
  /** Another vote is stored under the number: these are in quarantine. */
  conflicts: number;
  /** They wait in quarantine for a person already. */
  held: number;
};

export type ImportDeps = {
  review: ReviewStore;
  fleet: FleetReads;
  audit: Audit;
  now: () => number;
  /** Between two commits: whoever else writes comes in. */
  rest(): Promise<void>;
};

/** As long as so many are written, a gateway that runs waits. */
const AT_ONCE = 4_096;

/**
 * @param terminalId where the file does not say whose it is. @throws OrgRefusal `journal-unreadable`, `journal-of-other-terminal`,
 * `journal-closed`, `terminal-unknown`.
 */
export async function importJournal(
  { review, fleet, audit, now, rest }: ImportDeps,
  by: By,
  files: JournalFiles,
  options: { terminalId: string | null; reason: string; dryRun: boolean },
): Promise<ImportOutcome> {
  const content = readJournalFile(bytesOf(files.file), files.wal && bytesOf(files.wal));
  const note = readNote(files.note);
  if (files.isBehind && note.carriedFrom === null)
    throw new OrgRefusal(
      'journal-unreadable',
      'without its note (FILE.json) nobody can say which of its votes went into the journal after it: bring both',
    );
  const epoch = epochOf(content, note.epoch);
  const terminal = await terminalOf(fleet, content, options.terminalId);
  if ((await review.journals(terminal.id)).some((one) => one.epoch === epoch && one.closedAt !== null))
    throw new OrgRefusal('journal-closed', `journal ${epoch} was closed: \`journal reopen\` comes first`);
  const { votes } = content;
  // Beyond, they are the first ones of the epoch after it, and come from there.
  const count = note.carriedFrom === null ? votes.length : votes.indexFrom(note.carriedFrom);
  const last = note.carriedFrom === null ? lastOfJournal(content, note.last) : note.carriedFrom - 1;
  const first = count === 0 ? last + 1 : votes.seqAt(0);
  const outcome: ImportOutcome = {
    ...{ terminal: terminal.id, epoch, read: count, unreadable: Math.max(0, last - first + 1 - count) },
    ...{ stored: 0, duplicates: 0, conflicts: 0, held: 0 },
  };
  const target: AuditTarget = { kind: 'terminal', id: terminal.id };
  const sha256 = createHash('sha256').update(files.file).digest('hex');
  const { reason, dryRun } = options;
  const begun = { epoch, sha256, votes: count, reason };
  if (!dryRun) await audit({ by, action: 'journal.import', target, detail: begun });
  const exclusions = createExclusions(await review.exclusions());
  const journal = {
    ...{ terminalKey: terminal.key, epoch, last },
    totals: note.carriedFrom === null ? content.totals : null,
  };
  for (let from = 0; from === 0 || from < count; from += AT_ONCE) {
    const votes = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, index) => {
      const vote = recordOf(content, from + index, { windowKey: terminal.windowKey, receivedAt: now() });
      return exclusions.excludes({ ...vote, journalKey: NO_SYSTEM }, terminal.key)
        ? { ...vote, excluded: true }
        : vote;
    });
    const done = await review.storeImported(journal, votes, dryRun);
    outcome.stored += done.stored;
    outcome.duplicates += done.duplicates;
    outcome.conflicts += done.conflicts;
    outcome.held += done.held;
    await rest();
  }
  if (!dryRun) await audit({ by, action: 'journal.imported', target, detail: { ...outcome, sha256 } });
  return outcome;
}

/** A journal's key is above it. */
const NO_SYSTEM = 0;

const bytesOf = (buffer: Uint8Array): Bytes => ({
  size: buffer.length,
  read: (offset, length) => buffer.subarray(offset, offset + length),
});

function recordOf(
  content: JournalContent,
  index: number,
  known: Pick<ImportedVote, 'windowKey' | 'receivedAt'>,
): ImportedVote {
  const { seq, rating, boot, mono, ...said } = voteOf(content, content.votes.rowAt(index));
  const dated = dateByAnchor(content, boot, mono, said);
  const isGood = isBelievable(dated.at, known.receivedAt, 0);
  return {
    ...known,
    ...{ seq, boot, mono },
    channel: CHANNELS.indexOf('button') as ChannelCode,
    rating: RATINGS.indexOf(rating) as RatingCode,
    at: isGood ? dated.at : known.receivedAt,
    clock: CLOCKS.indexOf(dated.clock) as ClockCode,
    ...(!isGood && { claimedAt: dated.at }),
  };
}

/** A boot that learnt the time later dates all its votes. */
function dateByAnchor<T extends { at: number; clock: (typeof CLOCKS)[number] }>(
  { boots }: JournalContent,
  boot: string,
  mono: number,
  said: T,
): Pick<T, 'at' | 'clock'> {
  if (said.clock !== 'estimated') return said;
  for (const { boot: name, anchor } of boots.values())
    if (name === boot && anchor !== null && anchor.clock !== 'estimated')
      return { at: Math.max(0, Math.round(anchor.offsetMs + mono)), clock: anchor.clock };
  return said;
}

/** What the terminal wrote beside a file when it put it away. */
function readNote(text: string | null): {
  epoch: string | null;
  last: number | null;
  carriedFrom: number | null;
} {
  let note: Record<string, unknown> = {};
  try {
    note = JSON.parse(text ?? '{}') as Record<string, unknown>;
  } catch {
    // It was written on a card that fails.
  }
  const count = (value: unknown) =>
    Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : null;
  const { epoch } = note ?? {};
  return {
    epoch: typeof epoch === 'string' && /^[0-9a-f]{32}$/.test(epoch) ? epoch : null,
    last: count(note?.last),
    carriedFrom: count(note?.carriedFrom),
  };
}

function epochOf({ epoch, votes }: JournalContent, noted: string | null): string {
  const known = [...new Set([epoch, noted].filter((one) => one !== null))];
  if (known.length !== 1)
    throw new OrgRefusal(
      'journal-unreadable',
      known.length === 0
        ? 'the file does not say of which epoch it is, and has no note (FILE.json) that does: is it a journal?'
        : 'the file and its note (FILE.json) name different epochs',
    );
  if (votes.length === 0)
    throw new OrgRefusal('journal-unreadable', 'there is no vote in the file that can be read');
  return known[0] as string;
}

async function terminalOf(
  fleet: FleetReads,
  content: JournalContent,
  given: string | null,
): Promise<{ key: number; id: string; windowKey: number }> {
  const id = content.terminal ?? given;
  if (id === null)
    throw new OrgRefusal(
      'journal-unreadable',
      'the file does not say whose it is: name its terminal with --terminal',
    );
  if (given !== null && given !== id)
    throw new OrgRefusal(
      'journal-of-other-terminal',
      `the file says that it is of terminal ${id}, not of ${given}`,
    );
  const terminal = await fleet.terminal(id);
  if (!terminal) throw new OrgRefusal('terminal-unknown', `there is no terminal ${id}: list the terminals`);
  return { key: terminal.key, id, windowKey: terminal.windowKey };
}
