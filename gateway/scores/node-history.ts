/** A unit or window over time: spans of the store's sums, as the figures that everybody is shown. */
import { CHANNELS, type Channel } from '../../protocol/channel.ts';
import type { ChannelHistory, History, HistoryComparison, NodeThen } from '../../protocol/history.ts';
import type { Discounted, FigureRules, SpanFigures } from '../../protocol/score.ts';
import { VERDICTS, type Verdict } from '../../protocol/verdict.ts';
import type { Counts } from '../../protocol/vote.ts';
import { type Asked, type ComparedWith, comparedSpan, readAsked } from '../domain/periods/asked.ts';
import { type Bounds, type Span, spansOf } from '../domain/periods/spans.ts';
import type { Step } from '../domain/periods/steps.ts';
import { zoneThrough } from '../domain/periods/zone-through.ts';
import { compare } from '../domain/statistics/comparison.ts';
import { type Figure, figureOf, intervalsOf } from '../domain/statistics/figure.ts';
import { addCounts, emptyCounts, votesIn } from '../domain/tally.ts';
import type { Called, Sibling, TreeNode, TreeThen } from '../domain/tree-then.ts';
import { erasWithin, type ZoneEra, zoneAt } from '../domain/unit-zones.ts';
import { OrgRefusal } from '../store/failures.ts';
import type { HistoryOf, HistoryRow, HistoryStore } from '../store/history.ts';
import type { HistoryNode } from './history-node.ts';

export type NodeHistoryDeps = {
  store: HistoryStore;
  figures: () => FigureRules;
  dataRevision: () => string;
  /** What everything was called and where it stood, as it is known now. */
  treeThen: () => Promise<TreeThen>;
  /** Hours, days, … are those of where it lies, and at any moment lay. */
  zonesOf(node: TreeNode): readonly ZoneEra[] | Promise<readonly ZoneEra[]>;
  now: () => number;
};

export type AskedHistory = {
  node: HistoryNode;
  period: Asked;
  by: Step;
  compare: readonly (ComparedWith | 'siblings')[];
  /** What came by it alone. */
  channel?: Channel | undefined;
  /** What came by each, beside the figures of all. */
  isApart?: boolean;
  /** Names and paths of the time, and not of today. */
  isNamedThen?: boolean;
};

export type NodeHistory = {
  /** @throws PeriodRefusal, OrgRefusal `siblings-too-many`, StoreFailure */
  read(asked: AskedHistory): Promise<History>;
};

export function createNodeHistory({
  store,
  figures,
  dataRevision,
  treeThen,
  zonesOf,
  now,
}: NodeHistoryDeps): NodeHistory {
  return {
    async read({ node, period, by, compare: comparedWith, channel, isApart = false, isNamedThen = false }) {
      const eras = await zonesOf(nodeIn(node.of));
      const zone = zoneThrough(eras);
      const asked = readAsked(zone, period);
      const spans = spansOf(zone, by, asked);
      const earlier = comparedWith.flatMap((one) =>
        one === 'siblings' ? [] : [{ with: one, ...comparedSpan(zone, asked, one) }],
      );
      const beside = comparedWith.includes('siblings')
        ? fewEnough((await treeThen()).siblings(nodeIn(node.of), asked))
        : null;
      const rules = figures();
      // Before the data is read: what comes meanwhile makes it another one.
      const revision = dataRevision();
      const called = isNamedThen ? (await treeThen()).names(nodeIn(node.of)) : null;
      const sums = async (bounds: readonly number[], of = node.of) => {
        const read = await store.sums(of, bounds);
        return channel === undefined ? read : read.map((rows) => rows.filter(cameBy(channel)));
      };
      const read = await sums(boundsOf(spans));
      const all = read.flat();
      const total = figureIn(all, rules);
      const comparisons: HistoryComparison[] = [];
      for (const { with: name, ...span } of earlier) {
        const rows = (await sums([span.from, span.to])).flat();
        comparisons.push({
          ...{ with: name, ...span, timeZone: zoneAt(eras, span.from) },
          ...{ ...named(called, span), ...figuresOf(rows, rules) },
          differences: compare(total, figureIn(rows, rules)),
        });
      }
      if (beside !== null) {
        const rows: HistoryRow[] = [];
        // One after another: votes are taken between them.
        for (const { node: sibling, spans: together } of beside)
          for (const { from, to } of together) rows.push(...(await sums([from, to], ofNode(sibling))).flat());
        const { name, from, to } = asked;
        comparisons.push({
          ...{ with: 'siblings', name, from, to, timeZone: zoneAt(eras, from), ...figuresOf(rows, rules) },
          differences: compare(total, figureIn(rows, rules)),
        });
      }
      return {
        figures: {
          ...rules,
          period: { name: asked.name, from: asked.from, to: asked.to, ...zonesIn(eras, asked) },
          ...{ by, revision },
          ...(channel !== undefined && { channel }),
          ...(isNamedThen && { names: 'then' as const }),
        },
        node: { ...node.shown, ...named(called, asked).node },
        total: figuresOf(all, rules),
        comparisons,
        spans: spans.map((span, index) => ({
          ...span,
          ...named(called, span),
          isOpen: span.to > now(),
          ...figuresOf(read[index] ?? [], rules),
        })),
        ...(isApart && { channels: channelsOf(read, rules) }),
      };
    },
  };
}

const nodeIn = (of: HistoryOf): TreeNode =>
  'unitKey' in of ? { kind: 'unit', key: of.unitKey } : { kind: 'window', key: of.windowKey };

const ofNode = ({ kind, key }: TreeNode): HistoryOf =>
  kind === 'unit' ? { unitKey: key } : { windowKey: key };

/** They are read one by one. */
const MOST_SIBLINGS = 1_000;

function fewEnough(siblings: readonly Sibling[]): readonly Sibling[] {
  if (siblings.length <= MOST_SIBLINGS) return siblings;
  throw new OrgRefusal(
    'siblings-too-many',
    `${siblings.length} stood beside it, and it is compared with ${MOST_SIBLINGS} at most: compare the unit above`,
  );
}

/** At the last moment of the span; nothing where names of the time were not asked for. */
function named(called: readonly Called[] | null, { from, to }: Bounds): { node?: NodeThen } {
  if (called === null) return {};
  const path = called.findLast((one) => one.from < to)?.path ?? [];
  const isChanged = called.some((one) => one.from > from && one.from < to);
  return { node: { name: path.at(-1) ?? '', path: [...path], isChanged } };
}

/** In which zone it begins; and where it goes on in another, since when. */
function zonesIn(eras: readonly ZoneEra[], span: Bounds): Pick<Period, 'timeZone' | 'timeZones'> {
  const within = erasWithin(eras, span);
  const [{ timeZone }] = within as [ZoneEra];
  return { timeZone, ...(within.length > 1 && { timeZones: within }) };
}

type Period = History['figures']['period'];

const cameBy =
  (channel: Channel) =>
  (row: HistoryRow): boolean =>
    CHANNELS[row.channel] === channel;

function channelsOf(read: readonly HistoryRow[][], rules: FigureRules): ChannelHistory[] {
  const all = read.flat();
  return CHANNELS.filter((channel) => all.some(cameBy(channel))).map((channel) => ({
    channel,
    total: figuresOf(all.filter(cameBy(channel)), rules),
    spans: read.map((rows) => figuresOf(rows.filter(cameBy(channel)), rules)),
  }));
}

/** Spans tile: each ends where the next one begins. */
const boundsOf = (spans: readonly Span[]) => [(spans[0] as Bounds).from, ...spans.map(({ to }) => to)];

function countsOf(rows: readonly HistoryRow[]): Counts {
  const sum = emptyCounts();
  for (const row of rows) addCounts(sum, row.counts);
  return sum;
}

const isCounted = ({ verdict, isExcluded }: HistoryRow) => verdict === 0 && !isExcluded;

const figureIn = (rows: readonly HistoryRow[], rules: FigureRules): Figure =>
  figureOf(countsOf(rows.filter(isCounted)), rules);

/** What is counted of these rows, and what is not. */
export function figuresOf(rows: readonly HistoryRow[], rules: FigureRules): SpanFigures {
  const figure = figureIn(rows, rules);
  const { votes, rate, index, satisfiedShare, middleShare, isSufficient, proof } = figure;
  const { counts, pressed, excluded, discounted } = talliedIn(rows);
  return {
    ...{ counts, votes, rate: rate?.value ?? null, index: index?.value ?? null },
    satisfiedShare: satisfiedShare?.value ?? null,
    middleShare: middleShare?.value ?? null,
    intervals: intervalsOf(figure),
    ...{ isSufficient, proof, pressed, excluded, discounted },
  };
}

/** … without what follows from it. */
export function talliedIn(
  rows: readonly HistoryRow[],
): Pick<SpanFigures, 'counts' | 'pressed' | 'excluded' | 'discounted'> {
  const excluded = countsOf(rows.filter(({ isExcluded }) => isExcluded));
  return {
    ...{ counts: countsOf(rows.filter(isCounted)), pressed: countsOf(rows) },
    excluded: votesIn(excluded) === 0 ? null : excluded,
    discounted: discountedIn(rows.filter(({ verdict, isExcluded }) => verdict !== 0 && !isExcluded)),
  };
}

function discountedIn(rows: readonly HistoryRow[]): Discounted | null {
  if (rows.length === 0) return null;
  const discounted: Discounted = { counts: countsOf(rows), reasons: {} };
  for (const { verdict, counts } of rows) {
    const reason = VERDICTS[verdict] as Verdict;
    discounted.reasons[reason] = (discounted.reasons[reason] ?? 0) + votesIn(counts);
  }
  return discounted;
}
