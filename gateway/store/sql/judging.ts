/** What rules say of votes that are stored: a part of a window's span after another, as many as time allows. It writes nothing. */
import type { RawBuilder } from 'kysely';
import type { VerdictCode } from '../ledger.ts';
import type { ForeseenChange, Judging, PressSpan, StoredPress } from '../verdicts.ts';
import type { Queries } from './sql-database.ts';
import type { WriteVerdicts } from './verdict-changes.ts';
import { type Part, VOTES_AT_ONCE, type Waiting, WHOLE_MS, type WindowSpan } from './waiting-spans.ts';

/** Windows that are looked at together. */
const WINDOWS_AT_ONCE = 16;

/** What each database does in its own way, for many votes. */
export type VerdictTables = {
  /** The database reads while this thread judges: what is next is asked for before what has been read is judged. */
  readsAhead: boolean;
  /** Of each span the part that is first; null where it has no votes. */
  firstParts(queries: Queries, spans: readonly WindowSpan[]): Promise<(Part | null)[]>;
  /** All votes of each, by press time, journal and number; and how many `pressed` says. */
  read(queries: Queries, spans: readonly WindowSpan[]): Promise<{ votes: StoredPress[]; pressed: number }[]>;
  /** How many votes of its window were pressed in the quarters of an hour of each. */
  pressed(queries: Queries, spans: readonly WindowSpan[]): Promise<number[]>;
  write: WriteVerdicts;
  /** To read from: rollups, `kept`, and what a table has beside each as `x`, looked up through its key. It has no index by windows. */
  besideKept(table: 'discounted' | 'excluded'): RawBuilder<unknown>;
};

export type Found = {
  /** That were looked at. */
  votes: number;
  changes: ForeseenChange[];
  /** Of what waits: how far it is judged. */
  judged: { waiting: Waiting; judgedTo: number }[];
  seen: (WindowSpan & { votes: number })[];
};

/** What of it is judged already is what is before `from`. */
type Open = {
  waiting: Waiting;
  from: number;
  /** The part that is next; left out while nobody has looked for it. */
  first?: Part | null;
};
type Next = { open: Open; part: Part | null };
/** All votes that it takes to judge a part. */
type Read = {
  windowKey: number;
  affected: PressSpan;
  needed: PressSpan;
  votes: StoredPress[];
  pressed: number;
};

/** By journal and number: what the rules will say of votes when what is on its way is written. */
export type Pending = ReadonlyMap<number, ReadonlyMap<number, VerdictCode>>;

/** One part at the least. */
export async function judgeSome(
  queries: Queries,
  by: Judging,
  tables: VerdictTables,
  waiting: readonly Waiting[],
  { endAt, pending }: { endAt: number; pending?: Pending },
): Promise<Found> {
  const found: Found = { votes: 0, changes: [], judged: [], seen: [] };
  const all = waiting.map((one): Open => ({ waiting: one, from: one.from }));
  const isOpen = ({ waiting, from }: Open) => from <= waiting.to;
  let left = all;
  const readNext = async (): Promise<Read[]> => {
    const next = await nextOf(queries, tables, left.slice(0, WINDOWS_AT_ONCE));
    for (const { open, part } of next) {
      open.from = (part?.to ?? open.waiting.to) + 1;
      delete open.first;
    }
    left = left.filter(isOpen);
    return readParts(queries, by, tables, next);
  };
  const goesOn = () => left.length > 0 && performance.now() < endAt;
  for (let reading = left.length > 0 ? readNext() : null; reading !== null; ) {
    const read = await reading;
    reading = tables.readsAhead && goesOn() ? readNext() : null;
    // What it fails with is told where it is awaited, if that comes to pass.
    reading?.catch(() => {});
    judgeParts(by, read, found, pending);
    if (!tables.readsAhead && goesOn()) reading = readNext();
  }
  found.judged = all
    .filter((one) => one.from > one.waiting.from)
    .map((one) => ({ waiting: one.waiting, judgedTo: one.from - 1 }));
  return found;
}

/** As many as have the votes of one go. Of what follows is asked for as many as there may be room for, by those before. */
async function nextOf(queries: Queries, tables: VerdictTables, those: readonly Open[]): Promise<Next[]> {
  const next: Next[] = [];
  let votes = 0;
  while (next.length < those.length) {
    // Those that follow may have many more: what is found of them in vain costs as much as to read them.
    const few = next.length === 0 ? 1 : next.length * Math.min(1, (VOTES_AT_ONCE - votes) / votes);
    if (few < 0.5) break;
    const some = those.slice(next.length, next.length + Math.ceil(few));
    for (const one of await partsOf(queries, tables, some)) {
      const more = one.part?.votes ?? 0;
      if (next.length > 0 && votes + more > VOTES_AT_ONCE) return next;
      votes += more;
      next.push(one);
    }
  }
  return next;
}

async function partsOf(queries: Queries, tables: VerdictTables, those: readonly Open[]): Promise<Next[]> {
  const spanOf = ({ waiting: { windowKey, to }, from }: Open): WindowSpan => ({ windowKey, from, to });
  const unknown = those.filter(({ first }) => first === undefined);
  const long = unknown.filter(({ waiting: { to }, from }) => to - from > WHOLE_MS);
  const parts = long.length > 0 ? await tables.firstParts(queries, long.map(spanOf)) : [];
  for (const open of unknown) open.first = { ...spanOf(open), votes: 0 };
  for (const [index, open] of long.entries()) open.first = parts[index] ?? null;
  return those.map((open) => ({ open, part: open.first ?? null }));
}

async function readParts(
  queries: Queries,
  by: Judging,
  tables: VerdictTables,
  next: readonly Next[],
): Promise<Read[]> {
  const reaches = next.flatMap(({ open: { waiting }, part }) => {
    const { windowKey } = waiting;
    return part === null ? [] : { windowKey, ...by.reachOf(windowKey, part) };
  });
  if (reaches.length === 0) return [];
  const read = await tables.read(
    queries,
    reaches.map(({ windowKey, needed }) => ({ windowKey, ...needed })),
  );
  return reaches.map((reach, index) => ({ ...reach, ...(read[index] as (typeof read)[number]) }));
}

function judgeParts(by: Judging, read: readonly Read[], into: Found, pending: Pending | undefined): void {
  for (const { windowKey, affected, needed, votes, pressed } of read) {
    into.votes += votes.length;
    into.seen.push({ windowKey, ...needed, votes: pressed });
    const verdicts = by.verdictsOf(windowKey, votes, needed);
    for (const [index, vote] of votes.entries()) {
      if (vote.at < affected.from || vote.at > affected.to) continue;
      const verdict = verdicts[index] as VerdictCode;
      const byRules = pending?.get(vote.journalKey)?.get(vote.seq) ?? vote.byRules;
      if (byRules === verdict) continue;
      const was = vote.isDecided ? vote.verdict : byRules;
      into.changes.push({ windowKey, vote: { ...vote, byRules, verdict: was }, verdict });
    }
  }
}
