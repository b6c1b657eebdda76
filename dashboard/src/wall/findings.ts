import type { LiveRow } from '../../../protocol/live.ts';
import type { Verdict } from '../../../protocol/verdict.ts';
import type { Counts } from '../../../protocol/vote.ts';
import type { Messages } from './messages.ts';
import { formatCount } from './numbers.ts';
import { formatSince } from './times.ts';

/** Each has a shape of its own (notes.css). */
export type FindingKind =
  | 'mismatch'
  | 'lost'
  | 'held'
  | 'set-aside'
  | 'pending'
  | 'unknown'
  | 'clock'
  | 'excluded'
  | 'discounted'
  | 'complete';

/** They say nothing of whether the figures hold everything. */
const BESIDE: readonly FindingKind[] = ['clock', 'excluded', 'discounted'];

/** `words` say it all, `short` what there is room for beside other notes; `figure` is what stands beside the shape where there is no room for words. */
export type Finding = { kind: FindingKind; words: string; short: string; figure: string };

type FindingRow = Pick<LiveRow, 'completeness' | 'excluded' | 'discounted' | 'terminals'>;

/**
 * Everything that a reader of a row's figures must know, the worst first. `complete` stands alone or not at all, and only
 * where the gateway says so. `day` and `timeZone` are the board's.
 */
export function findingsOf(row: FindingRow, text: Messages, timeZone: string, day: string): Finding[] {
  const { state, pending, held, setAside, lost, since } = row.completeness;
  const found: Finding[] = [];
  const add = (kind: FindingKind, words: string, figure = '', short = words) =>
    found.push({ kind, words, short, figure });
  const count = (kind: FindingKind, votes: number, say: (votes: string) => string) => {
    if (votes > 0) add(kind, say(formatCount(votes)), formatCount(votes));
  };
  if (state === 'mismatch') add('mismatch', text.mismatch, text.mismatchBrief);
  count('lost', lost, text.missing);
  count('held', held, text.held);
  count('set-aside', setAside, text.setAside);
  count('pending', pending, text.pending);
  if (since !== null) {
    const moment = formatSince(since, timeZone, day);
    add('unknown', text.unknownSince(moment), moment);
  } else if (state === 'unknown') add('unknown', text.unknown, '?');
  count('clock', row.terminals.clockApart, text.clockApart);
  if (row.excluded !== null) count('excluded', sumOf(row.excluded), text.excluded);
  if (row.discounted !== null) {
    const reasons = Object.entries(row.discounted.reasons)
      .sort(([, a], [, b]) => b - a)
      .map(([verdict, votes]) => `${text.verdicts[verdict as Verdict]} ${formatCount(votes)}`);
    const votes = formatCount(sumOf(row.discounted.counts));
    add('discounted', text.discounted(votes, reasons), votes, text.discounted(votes, []));
  }
  const isIncomplete = found.some(({ kind }) => !BESIDE.includes(kind));
  if (state === 'complete' && !isIncomplete) add('complete', text.complete);
  return found;
}

function sumOf({ satisfied, basically, unsatisfied }: Counts): number {
  return satisfied + basically + unsatisfied;
}
