/** A history as people read it on a terminal. */
import type { History, HistoryComparison, HistorySpan } from '../../../protocol/history.ts';
import type { Interval, SpanFigures } from '../../../protocol/score.ts';
import { cutOff, cutOffPercent } from '../../../protocol/shown-figures.ts';
import { RATINGS } from '../../../protocol/vote.ts';
import { votesIn } from '../../domain/tally.ts';
import { type TableColumn, tableLines } from '../table.ts';
import type { HistoryWords } from './history-words.ts';

/** So many spans in a row without a vote are one line; JSON and CSV have them all. */
const EMPTY_RUN = 4;
const DIGITS = 2;

/** Of a span and a channel, or of the whole; `figures` null: of several spans without votes. */
type Line = { period: string; channel: string; name: string; notes: string[]; figures: SpanFigures | null };

export function historyReport(history: History, words: HistoryWords): string[] {
  const { node, figures: of, comparisons } = history;
  const confidence = cutOff(of.confidence, 0, 2);
  const lines = linesOf(history, words);
  const column = (heading: string, cell: (line: Line) => string, isNumber = false): TableColumn => {
    return { heading, isNumber, cells: lines.map(cell) };
  };
  const number = (heading: string, cell: (figures: SpanFigures) => string): TableColumn =>
    column(heading, ({ figures }) => (figures ? cell(figures) : ''), true);
  const uncounted = lines.some(({ figures }) => figures !== null && uncountedIn(figures) > 0);
  return [
    `${node.path.join(' / ')} (${words.kinds[node.kind]} ${node.id}), ${of.period.name}`,
    '',
    ...tableLines([
      column(words.period, ({ period }) => period),
      column(words.name, ({ name }) => name),
      column(words.channel, ({ channel }) => channel),
      number(words.votes, ({ votes }) => `${votes}`),
      ...RATINGS.map((rating) => number(words.ratings[rating], ({ counts }) => `${counts[rating]}`)),
      ...(uncounted ? [number(words.uncounted, (figures) => `${uncountedIn(figures)}`)] : []),
      number(words.rate, rateIn),
      number(words.interval(confidence), ({ intervals }) => shownInterval(intervals?.rate, 2)),
      number(words.index, ({ index }) => (index === null ? '–' : cutOff(index, DIGITS, 0))),
      number(words.interval(confidence), ({ intervals }) => shownInterval(intervals?.index, 0)),
      column(words.proof, ({ figures }) => (figures && figures.votes > 0 ? words.proofs[figures.proof] : '')),
      column(words.notes, ({ notes }) => notes.join(', ')),
    ]),
    '',
    ...comparisons.map((one) => differenceOf(one, words)),
    words.madeBy({
      ...{ method: of.method, rules: of.rules, minimum: of.minimum, timeZone: of.period.timeZone },
      weights: RATINGS.map((rating) => of.weights[rating]).join('/'),
      target: cutOff(of.target, DIGITS, 2),
    }),
  ];
}

function linesOf(history: History, words: HistoryWords): Line[] {
  const { spans, total, comparisons, channels, node, figures: of } = history;
  const isThen = of.names === 'then';
  const all = channels === undefined ? (of.channel ?? '') : words.all;
  const notesOf = (span: Partial<Pick<HistorySpan, 'isCut' | 'isOpen' | 'node'>>) => [
    ...(span.isCut ? [words.isCut] : []),
    ...(span.isOpen ? [words.isOpen] : []),
    ...(span.node?.isChanged ? [words.isChanged] : []),
  ];
  const nameIn = (span: { node?: { name: string } }) => (isThen ? (span.node?.name ?? node.name) : '');
  const lines: Line[] = [];
  for (let at = 0; at < spans.length; at++) {
    const span = spans[at] as HistorySpan;
    const run = emptyFrom(spans, at);
    if (run >= EMPTY_RUN) {
      const last = spans[at + run - 1] as HistorySpan;
      const period = `${span.name} … ${last.name}`;
      const notes = [words.empty(run), ...(last.isOpen ? [words.isOpen] : [])];
      lines.push({ period, channel: '', name: nameIn(last), notes, figures: null });
      at += run - 1;
      continue;
    }
    const common = { name: nameIn(span), notes: notesOf(span) };
    lines.push({ ...common, period: span.name, channel: all, figures: span });
    for (const one of channels ?? []) {
      const figures = one.spans[at] ?? null;
      if (figures && votesIn(figures.pressed) > 0)
        lines.push({ period: '', channel: one.channel, name: '', notes: [], figures });
    }
  }
  const whole = notesOf({ isOpen: spans.at(-1)?.isOpen ?? false });
  const changed = node.isChanged ? [words.isChanged] : [];
  lines.push({
    ...{ period: words.total, channel: all, name: nameIn({ node }), figures: total },
    notes: [...whole, ...changed],
  });
  for (const { channel, total: figures } of channels ?? [])
    lines.push({ period: '', channel, name: '', notes: [], figures });
  for (const one of comparisons)
    lines.push({
      ...{ ...thanOf(one, words), channel: all, notes: notesOf(one), figures: one },
      // Siblings have no one name.
      name: one.with === 'siblings' ? '' : nameIn(one),
    });
  return lines;
}

/** How many from here on have no vote and are of the same name. */
function emptyFrom(spans: readonly HistorySpan[], at: number): number {
  const name = spans[at]?.node?.name;
  const end = spans.findIndex(
    (span, index) => index >= at && (votesIn(span.pressed) > 0 || span.node?.name !== name),
  );
  return (end < 0 ? spans.length : end) - at;
}

const uncountedIn = ({ pressed, votes }: SpanFigures) => votesIn(pressed) - votes;

const rateIn = ({ counts, votes }: SpanFigures) =>
  votes === 0 ? '–' : cutOffPercent(counts.satisfied + counts.basically, votes, DIGITS);

const shownInterval = (interval: Interval | undefined, shift: number) =>
  interval ? `${cutOff(interval.lower, DIGITS, shift)} – ${cutOff(interval.upper, DIGITS, shift)}` : '';

const thanOf = (one: HistoryComparison, words: HistoryWords) => ({
  period: `${words.with[one.with]} (${one.name})`,
});

function differenceOf(one: HistoryComparison, words: HistoryWords): string {
  const { rate, index } = one.differences;
  // Their period is that of the total: its name tells nothing apart.
  const than = one.with === 'siblings' ? words.with.siblings : one.name;
  if (!rate || !index) return words.noDifference(than);
  const told = (name: string, { value, lower, upper, change }: typeof rate, shift: number) => {
    const [by, from, to] = [value, lower, upper].map((end) => signed(cutOff(end, DIGITS, shift)));
    return `${name} ${by} (${from} – ${to}), ${words.change[change]}`;
  };
  return words.difference(than, `${told(words.points, rate, 2)}; ${told(words.index, index, 0)}`);
}

const signed = (text: string) => (text.startsWith('-') || /^[0.]*$/.test(text) ? text : `+${text}`);
