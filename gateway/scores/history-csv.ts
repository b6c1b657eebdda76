/** A history for spreadsheets: everything of the answer, and with each line what its figures were made by. */
import type { Channel } from '../../protocol/channel.ts';
import type { History, HistoryComparison, NodeThen } from '../../protocol/history.ts';
import type { Interval, SpanFigures } from '../../protocol/score.ts';
import { VERDICTS } from '../../protocol/verdict.ts';
import { RATINGS } from '../../protocol/vote.ts';
import { BYTE_ORDER_MARK, csvLine, textCell } from '../domain/csv.ts';
import { zoneAt } from '../domain/unit-zones.ts';
import { createZonedTime } from '../domain/zoned-time.ts';

/** `span` a part of the series, `total` all of it; what it is compared with has its own name. */
type Part = 'span' | 'total' | HistoryComparison['with'];
type Line = {
  part: Part;
  channel: Channel | 'all';
  span: { name: string; from: number; to: number; isCut?: boolean; isOpen?: boolean };
  node: Omit<NodeThen, 'isChanged'> & { isChanged?: boolean | undefined };
  figures: SpanFigures;
  /** What it is compared with may have begun in another than the period knows of. */
  timeZone?: string;
  differences?: HistoryComparison['differences'];
};
type Cell = string | number;
type Column = readonly [name: string, cell: (line: Line) => Cell];

const LINES_AT_ONCE = 200;
const REASONS = VERDICTS.filter((verdict) => verdict !== 'counted');
const FIGURES = ['rate', 'index', 'satisfiedShare', 'middleShare'] as const;

/** The heading, then some hundred lines at a time. */
export function* historyCsv(history: History): Generator<string> {
  const columns = columnsOf(history);
  yield BYTE_ORDER_MARK + csvLine(columns.map(([name]) => name));
  const lines = linesOf(history);
  for (let at = 0; at < lines.length; at += LINES_AT_ONCE)
    yield lines
      .slice(at, at + LINES_AT_ONCE)
      .map((line) => csvLine(columns.map(([, cell]) => cell(line))))
      .join('');
}

function linesOf({ figures: of, node, spans, total, comparisons, channels = [] }: History): Line[] {
  const channel = of.channel ?? 'all';
  // It has ended when its last part has.
  const period = { ...of.period, isOpen: spans.at(-1)?.isOpen ?? false };
  return [
    ...spans.map((span): Line => ({ part: 'span', channel, span, node: span.node ?? node, figures: span })),
    ...channels.flatMap((one) =>
      one.spans.map((figures, index): Line => {
        const span = spans[index] ?? period;
        const then = 'node' in span ? span.node : undefined;
        return { part: 'span', channel: one.channel, span, node: then ?? node, figures };
      }),
    ),
    { part: 'total', channel, span: period, node, figures: total },
    ...channels.map((one): Line => {
      return { part: 'total', channel: one.channel, span: period, node, figures: one.total };
    }),
    ...comparisons.map((one): Line => {
      const { differences, timeZone } = one;
      return {
        part: one.with,
        channel,
        span: one,
        node: one.node ?? node,
        figures: one,
        timeZone,
        differences,
      };
    }),
  ];
}

function columnsOf({ figures: of, node, comparisons }: History): Column[] {
  const { from, timeZone, timeZones = [{ from, timeZone }] } = of.period;
  const clocks = new Map(
    [...timeZones, ...comparisons].map((one) => [one.timeZone, createZonedTime(one.timeZone)]),
  );
  const zoneOf = ({ span, timeZone = zoneAt(timeZones, span.from) }: Line) => timeZone;
  /** By the clocks that the place had when the span began. */
  const timeOf = (line: Line, atMs: number): Cell => clocks.get(zoneOf(line))?.(atMs) ?? '';
  const always = (name: string, value: Cell): Column => [name, () => value];
  return [
    ['part', ({ part }) => part],
    always('kind', node.kind),
    always('id', textCell(node.id)),
    ['name', (line) => textCell(line.node.name)],
    ['path', (line) => textCell(line.node.path.join(' / '))],
    ['isChanged', (line) => truth(line.node.isChanged)],
    ['channel', ({ channel }) => channel],
    ['period', ({ span }) => textCell(span.name)],
    ['from', ({ span }) => span.from],
    ['fromTime', (line) => timeOf(line, line.span.from)],
    ['to', ({ span }) => span.to],
    ['toTime', (line) => timeOf(line, line.span.to)],
    ['timeZone', (line) => textCell(zoneOf(line))],
    ['isCut', ({ span }) => truth(span.isCut)],
    ['isOpen', ({ span }) => truth(span.isOpen)],
    ...ratings('pressed', ({ pressed }) => pressed),
    ...ratings('excluded', ({ excluded }) => excluded),
    ...ratings('discounted.counts', ({ discounted }) => discounted?.counts),
    ...REASONS.map((reason): Column => {
      return [`discounted.reasons.${reason}`, ({ figures }) => figures.discounted?.reasons[reason] ?? 0];
    }),
    ...ratings('counts', ({ counts }) => counts),
    ['votes', ({ figures }) => figures.votes],
    ...FIGURES.flatMap((name): Column[] => [
      [name, ({ figures }) => figures[name] ?? ''],
      ...ends(`intervals.${name}`, ({ figures }) => figures.intervals?.[name]),
    ]),
    ['isSufficient', ({ figures }) => truth(figures.isSufficient)],
    ['proof', ({ figures }) => figures.proof],
    ...(['rate', 'index'] as const).flatMap((name): Column[] => [
      [`differences.${name}`, ({ differences }) => differences?.[name]?.value ?? ''],
      ...ends(`differences.${name}`, ({ differences }) => differences?.[name]),
      [`differences.${name}.change`, ({ differences }) => differences?.[name]?.change ?? ''],
    ]),
    always('method', textCell(of.method)),
    ...RATINGS.map((rating) => always(`weights.${rating}`, of.weights[rating])),
    ...(['minimum', 'target', 'confidence'] as const).map((name) => always(name, of[name])),
    // How many versions there were: a number, but where there are none.
    always('rules', /^\d+$/.test(of.rules) ? Number(of.rules) : textCell(of.rules)),
    always('revision', textCell(of.revision)),
  ];
}

type CountsOf = (figures: SpanFigures) => SpanFigures['excluded'] | undefined;

const ratings = (name: string, countsOf: CountsOf): Column[] =>
  RATINGS.map((rating) => [`${name}.${rating}`, ({ figures }) => countsOf(figures)?.[rating] ?? 0]);

const ends = (name: string, of: (line: Line) => Interval | null | undefined): Column[] =>
  (['lower', 'upper'] as const).map((end) => [`${name}.${end}`, (line) => of(line)?.[end] ?? '']);

/** Nothing where it is not told. */
const truth = (is: boolean | undefined) => (is === undefined ? '' : `${is}`);
