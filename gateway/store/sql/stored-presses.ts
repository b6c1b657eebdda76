/** Votes of a window as they are judged. How they are read in bulk is each database's own; what is read beside them is the same in both. */
import type { ExpressionBuilder } from 'kysely';
import type { VerdictCode } from '../ledger.ts';
import type { StoredPress } from '../verdicts.ts';
import { chunksOf } from './review/rows.ts';
import type { Queries } from './sql-database.ts';
import type { Tables } from './tables.ts';

const RANGES_AT_ONCE = 20;

/** Numbers of one journal, among which are all its votes of one window in a span, and how many these are. */
export type Stretch = { journalKey: number; first: number; last: number; votes: number };

/** Read from its first number to its last, instead of a quarter of an hour at a time: where nearly all of them belong to it. */
export const isDense = ({ first, last, votes }: Stretch): boolean => last - first < 4 * votes + 100;

/** As it lies in the table. */
export type PressRow = Omit<StoredPress, 'terminalKey' | 'isPlaced' | 'boot' | 'byRules' | 'isDecided'> & {
  bootKey: number;
};

export const inOrder = (a: PressRow, b: PressRow): number =>
  a.at - b.at || a.journalKey - b.journalKey || a.seq - b.seq;

/** Journals are few, and so are boots: to join each vote with them takes longer than to read it. */
export async function completed(queries: Queries, rows: readonly PressRow[]): Promise<StoredPress[]> {
  if (rows.length === 0) return [];
  const ranges = new Map<number, { first: number; last: number }>();
  const bootKeys = new Set<number>();
  for (const { journalKey, seq, bootKey } of rows) {
    bootKeys.add(bootKey);
    const range = ranges.get(journalKey);
    if (!range) ranges.set(journalKey, { first: seq, last: seq });
    else if (seq < range.first) range.first = seq;
    else if (seq > range.last) range.last = seq;
  }
  const terminals = await terminalsOf(queries, [...ranges.keys()]);
  const boots = await bootsOf(queries, [...bootKeys]);
  const placed = await placedAmong(queries, ranges);
  const decided = await decidedAmong(queries, ranges);
  return rows.map(({ journalKey, seq, channel, rating, at, clock, bootKey, mono, verdict }) => {
    const byRules = decided?.get(nameOf(journalKey, seq));
    return {
      journalKey,
      terminalKey: terminals.get(journalKey) ?? null,
      seq,
      channel,
      rating,
      at,
      clock,
      isPlaced: placed?.has(nameOf(journalKey, seq)) ?? false,
      boot: boots.get(bootKey) as string,
      mono,
      verdict,
      byRules: byRules ?? verdict,
      isDecided: byRules !== undefined,
    };
  });
}

async function terminalsOf(queries: Queries, journalKeys: readonly number[]): Promise<Map<number, number>> {
  const terminals = new Map<number, number>();
  for (const keys of chunksOf(journalKeys)) {
    const rows = await queries
      .selectFrom('sources')
      .select(['key', 'terminal_key as terminalKey'])
      .where('key', 'in', keys)
      .execute();
    for (const { key, terminalKey } of rows) terminals.set(key, terminalKey);
  }
  return terminals;
}

export async function bootsOf(queries: Queries, bootKeys: readonly number[]): Promise<Map<number, string>> {
  const boots = new Map<number, string>();
  for (const keys of chunksOf(bootKeys)) {
    const rows = await queries.selectFrom('boots').select(['key', 'boot']).where('key', 'in', keys).execute();
    for (const { key, boot } of rows) boots.set(key, boot);
  }
  return boots;
}

type Ranges = ReadonlyMap<number, { first: number; last: number }>;

/** Votes that the gateway or a person has placed where they are; null where there are none. */
async function placedAmong(queries: Queries, ranges: Ranges): Promise<Set<string> | null> {
  const placed = new Set<string>();
  for (const some of chunksOf([...ranges], RANGES_AT_ONCE)) {
    const rows = await queries
      .selectFrom('datings')
      .select(['source_key as journalKey', 'seq'])
      .where((term) => withinAny(term, some))
      .execute();
    for (const { journalKey, seq } of rows) placed.add(nameOf(journalKey, seq));
  }
  return placed.size > 0 ? placed : null;
}

/** What the rules say of votes that two people have decided about; null where there are none. */
async function decidedAmong(queries: Queries, ranges: Ranges): Promise<Map<string, VerdictCode> | null> {
  const decided = new Map<string, VerdictCode>();
  for (const some of chunksOf([...ranges], RANGES_AT_ONCE)) {
    const rows = await queries
      .selectFrom('decided_votes')
      .select(['source_key as journalKey', 'seq', 'by_rules as byRules'])
      .where((term) => withinAny(term, some))
      .execute();
    for (const { journalKey, seq, byRules } of rows)
      decided.set(nameOf(journalKey, seq), byRules as VerdictCode);
  }
  return decided.size > 0 ? decided : null;
}

const withinAny = (
  term: ExpressionBuilder<Tables, 'datings' | 'decided_votes'>,
  ranges: Iterable<readonly [journalKey: number, range: { first: number; last: number }]>,
) =>
  term.or(
    [...ranges].map(([journalKey, { first, last }]) =>
      term.and([term('source_key', '=', journalKey), term.between('seq', first, last)]),
    ),
  );

const nameOf = (journalKey: number, seq: number) => `${journalKey}/${seq}`;
