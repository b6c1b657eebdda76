/** One window in a span: its votes judged and added up anew, and held against what is stored of them. */
import { VERDICTS, type Verdict } from '../../protocol/verdict.ts';
import { RATINGS } from '../../protocol/vote.ts';
import type { KeptDiscounted, KeptRow, PressTimes, StoredVote, WindowParts } from '../store/recount.ts';
import { keptOfChannel } from './channels.ts';
import { Differences, KeptBeside } from './differences.ts';
import { QUARTER_MS } from './period.ts';
import type { RulesThroughTime } from './rules.ts';
import { addCounts, addDiscounted, emptySums, noVotes, type Sums, sumsOfKept } from './sums.ts';
import { FAR_MS, type Judged, judgeAll } from './verdicts.ts';
import { type Vote, voteOf } from './vote.ts';

export type WindowQuestion = {
  windowId: string;
  /** Whole quarters of an hour, disjoint, in order. */
  spans: readonly PressTimes[];
  /** Null: what is stored with each vote is taken for its verdict. */
  rules: RulesThroughTime | null;
  /** Code of the channel that figures are of; null: of all together. */
  channel: number | null;
  /** Others, that are shown beside. */
  otherRules: RulesThroughTime | null;
  /** Told how far it has come. */
  told: (atMs: number) => void;
};

export type WindowRecount = {
  own: Sums;
  kept: Sums;
  /** By the other rules. */
  other: Sums | null;
  differences: Differences;
  /** Some of its votes are still to be judged: what is stored of them may be about to change. */
  isWaiting: boolean;
  /** When the last of its votes was received. */
  lastReceivedAt: number;
};

export async function recountWindow(parts: WindowParts, question: WindowQuestion): Promise<WindowRecount> {
  const own = emptySums();
  const kept = emptySums();
  const other = question.otherRules === null ? null : emptySums();
  const found = { differences: new Differences(), isWaiting: false, lastReceivedAt: 0 };
  const excluded = await parts.exclusions();
  // What names no terminal and no system is everything at the window.
  const isExcluded = ({ terminalKey, journalKey, at }: StoredVote) =>
    excluded.some(
      (span) =>
        at >= span.from &&
        at < span.to &&
        (span.terminalKey ?? terminalKey) === terminalKey &&
        (span.originKey ?? journalKey) === journalKey,
    );
  const journals = new Map((await parts.journals()).map(({ journalKey, ...name }) => [journalKey, name]));
  const nameOf = (journalKey: number) => journals.get(journalKey) ?? { terminalId: '?', epoch: '?' };

  const isAsked = ({ channel }: StoredVote) => question.channel === null || channel === question.channel;

  for (const span of question.spans) {
    const beside = { rollup: new KeptBeside(), excluded: new KeptBeside(), discounted: new KeptBeside() };
    const take = ({ vote, verdict }: Judged) => {
      const { journalKey, seq, at, receivedAt } = vote;
      const one = oneOf(vote);
      const place = { journalKey, quarter: Math.floor(at / QUARTER_MS), verdict: null };
      addCounts(own.pressed, one);
      addCounts(beside.rollup.at(place).recounted, one);
      if (isExcluded(vote)) {
        addCounts(own.excluded, one);
        addCounts(beside.excluded.at(place).recounted, one);
      } else if (verdict !== 'counted') {
        addDiscounted(own, verdict, one);
        addCounts(beside.discounted.at({ ...place, verdict }).recounted, one);
      }
      const stored = storedOf(vote);
      if (stored !== verdict)
        found.differences.add({
          ...{ what: 'verdict', windowId: question.windowId, ...nameOf(journalKey) },
          ...{ seq, at, stored, recounted: verdict },
        });
      found.lastReceivedAt = Math.max(found.lastReceivedAt, receivedAt);
    };
    for await (const judged of verdictsWithin(parts, span, question.rules)) {
      for (const one of judged) if (isAsked(one.vote)) take(one);
      question.told(judged.at(-1)?.vote.at ?? span.from);
    }
    const rows = await keptOfChannel(parts, span, question.channel);
    const { pressed, ...less } = sumsOfKept(rows);
    addCounts(kept.pressed, pressed);
    addCounts(kept.excluded, less.excluded);
    for (const [verdict, counts] of Object.entries(less.discounted))
      addDiscounted(kept, verdict as Verdict, counts);
    note(beside.rollup, rows.rollups);
    note(beside.excluded, rows.excluded);
    note(beside.discounted, rows.discounted);
    for (const what of ['rollup', 'excluded', 'discounted'] as const)
      for (const { journalKey, verdict, at, kept: stored, recounted } of beside[what].differing())
        found.differences.add({
          ...{ what, windowId: question.windowId, ...nameOf(journalKey) },
          ...{ at, verdict, stored, recounted },
        });
    if (other !== null)
      for await (const judged of verdictsWithin(parts, span, question.otherRules))
        for (const { vote, verdict } of judged) {
          if (!isAsked(vote)) continue;
          addCounts(other.pressed, oneOf(vote));
          if (isExcluded(vote)) addCounts(other.excluded, oneOf(vote));
          else if (verdict !== 'counted') addDiscounted(other, verdict, oneOf(vote));
        }
    found.isWaiting ||= (await parts.waiting()).some(
      ({ from, to }) => from < span.to + FAR_MS && to >= span.from - FAR_MS,
    );
  }
  return { own, kept, other, ...found };
}

/** Of those that were pressed in the span; votes around it may speak against them. */
async function* verdictsWithin(
  parts: WindowParts,
  { from, to }: PressTimes,
  rules: RulesThroughTime | null,
): AsyncGenerator<Judged[]> {
  if (rules === null) {
    for await (const page of parts.votes({ from, to }))
      yield page.map((stored) => ({ vote: voteOf(stored), verdict: storedOf(stored) }));
    return;
  }
  const around = { from: from - FAR_MS, to: to + FAR_MS };
  for await (const judged of judgeAll(votesOf(parts.votes(around)), rules))
    yield judged.filter(({ vote: { at } }) => at >= from && at < to).map(decided);
}

/** For its neighbours a press that people have decided about was a press; what a system gave stays what it is. */
function decided({ vote, verdict }: Judged): Judged {
  if (vote.decision === null || verdict === 'imputed') return { vote, verdict };
  return { vote, verdict: vote.decision === 'dismiss' ? 'dismissed' : 'counted' };
}

async function* votesOf(pages: AsyncIterable<StoredVote[]>): AsyncGenerator<Vote[]> {
  for await (const page of pages) yield page.map(voteOf);
}

const storedOf = ({ verdict }: StoredVote) => VERDICTS[verdict] as Verdict;
const ONES = RATINGS.map((rating) => ({ ...noVotes(), [rating]: 1 }));
const oneOf = ({ rating }: StoredVote) => ONES[rating] as (typeof ONES)[number];

function note(beside: KeptBeside, rows: readonly (KeptRow | KeptDiscounted)[]): void {
  for (const row of rows) {
    const verdict = 'verdict' in row ? (VERDICTS[row.verdict] as Verdict) : null;
    addCounts(beside.at({ journalKey: row.journalKey, quarter: row.quarter, verdict }).kept, row);
  }
}
