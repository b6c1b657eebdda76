/**
 * The state that everybody is shown: scores, presence and completeness of every window and unit, as rows. The wall, the
 * HTTP API and a bulletin all read these, so they cannot disagree.
 */
import type { LiveRow } from '../../protocol/live.ts';
import type {
  Completeness,
  Discounted,
  FigureRules,
  Period,
  Score,
  TerminalCount,
} from '../../protocol/score.ts';
import { VERDICTS, type Verdict } from '../../protocol/verdict.ts';
import type { Counts } from '../../protocol/vote.ts';
import { attentionOf } from '../domain/attention.ts';
import { combine, UNKNOWN } from '../domain/completeness.ts';
import { type OrgTree, type ServiceWindow, type Terminal, type Unit, unitsAbove } from '../domain/org.ts';
import { scoreOf } from '../domain/score.ts';
import type { ScoreBook } from '../domain/score-book.ts';
import { figureOf } from '../domain/statistics/figure.ts';
import { intervalOf } from '../domain/statistics/interval.ts';
import { proofOf } from '../domain/statistics/proof.ts';
import { shareOf } from '../domain/statistics/share.ts';
import { addCounts, emptyCounts, votesIn } from '../domain/tally.ts';
import { createKeptRows, type Rows } from './kept-rows.ts';

/** What a board asks of a book. */
export type BoardBook = Pick<
  ScoreBook,
  'counts' | 'lastVoteAt' | 'isEmpty' | 'spanOf' | 'hasMoved' | 'movedTo' | 'unitsBefore'
>;

export type BoardDeps = {
  tree: () => OrgTree;
  book: BoardBook;
  /** What figures are made by, now. */
  figures: () => FigureRules;
  /** Of the votes that a person has excluded, kept as `book` keeps the counted ones. */
  excludedBook: BoardBook;
  /** … and of those that rules discount, by the code of their verdict. */
  discountedBooks: readonly BoardBook[];
  presence: { isOnline(terminalId: string): boolean; lastSeenAt(terminalId: string): number | null };
  isClockApart(terminalId: string): boolean;
  completenessOf: (terminal: Terminal) => Completeness;
};

export type Board = {
  /** Today's row. Sums are kept between calls: say `forget` when something about a window has changed. */
  windowRow(serviceWindow: ServiceWindow, now: number): LiveRow;
  unitRow(unit: Unit, now: number): LiveRow;
  unitCounts(unit: Unit, now: number): Counts;
  /** What is missing of a window's votes, as its row says. */
  windowCompleteness(serviceWindow: ServiceWindow, now: number): Completeness;
  /** Units whose row a window's votes can change: those above it, and those that it has stood under within the periods. */
  unitsOf(serviceWindow: ServiceWindow): Unit[];
  /** Of one window and the units above it, or of all. */
  forget(windowId?: string): void;
  /** Something about a window has changed: `rows` knows at once, and today's sums at the next `forget`. */
  touch(windowId: string): void;
  /** Every unit (parents first), then every window. What has not changed since the last call is the same object. */
  rows(period: Period, now: number): Rows;
};

/** Of a unit as it is kept: without the votes of windows that have moved, which are no part of a sum of what stands below. */
type Sum = {
  counts: Counts;
  excluded: Counts;
  /** By the code of the verdict; null when there are none. */
  discounted: (Counts | undefined)[] | null;
  lastVoteAt: number | null;
  terminals: TerminalCount;
  completeness: Completeness[];
};

export function createBoard(deps: BoardDeps): Board {
  const { tree, book, excludedBook, discountedBooks, figures, presence, isClockApart, completenessOf } = deps;
  const discountedOf = (countsIn: (one: BoardBook) => Counts | null): Sum['discounted'] => {
    let found: Sum['discounted'] = null;
    discountedBooks.forEach((one, verdict) => {
      if (one.isEmpty()) return;
      const counts = countsIn(one);
      if (counts === null || votesIn(counts) === 0) return;
      found ??= [];
      found[verdict] = counts;
    });
    return found;
  };
  const lastVoteAt = (windowKey: number) =>
    [excludedBook, ...discountedBooks].reduce(
      (last, one) => (one.isEmpty() ? last : laterOf(last, one.lastVoteAt(windowKey))),
      book.lastVoteAt(windowKey),
    );
  const sumOf = (serviceWindow: ServiceWindow, period: Period, now: number): Sum => {
    const devices = tree().terminalsOf.get(serviceWindow.id) ?? [];
    const online = devices.filter((terminal) => presence.isOnline(terminal.id)).length;
    const seen = devices.map((terminal) => presence.lastSeenAt(terminal.id) ?? 0);
    const lastSeen = Math.max(0, ...seen);
    return {
      counts: book.counts(serviceWindow.key, period, now),
      excluded: excludedBook.counts(serviceWindow.key, period, now),
      discounted: discountedOf((one) => one.counts(serviceWindow.key, period, now)),
      // A vote that is not counted was pressed all the same.
      lastVoteAt: lastVoteAt(serviceWindow.key),
      terminals: {
        online,
        offline: devices.length - online,
        offlineSince: online > 0 || lastSeen === 0 ? null : lastSeen,
        clockApart: devices.filter((terminal) => isClockApart(terminal.id)).length,
      },
      completeness: devices.map(completenessOf),
    };
  };

  const row = (
    kind: 'unit' | 'window',
    { id, name }: { id: string; name: string },
    parentId: string | null,
    sum: Sum,
  ): LiveRow => {
    const rules = figures();
    const { counts, votes, rate, index, proof, intervals } =
      kind === 'unit' ? unitFigures(sum.counts, rules) : windowFigures(sum.counts, rules);
    // Written out: of a whole city there are thousands, and an object that is spread is made twice.
    const made: LiveRow = {
      id,
      kind,
      name,
      parentId,
      counts,
      votes,
      rate,
      index,
      proof,
      excluded: votesIn(sum.excluded) === 0 ? null : sum.excluded,
      discounted: shownDiscounted(sum.discounted),
      lastVoteAt: sum.lastVoteAt,
      terminals: sum.terminals,
      completeness: completenessIn(sum),
      attention: 0,
    };
    if (intervals !== undefined) made.intervals = intervals;
    made.attention = attentionOf(made, rules.target);
    return made;
  };

  const windowRow = (serviceWindow: ServiceWindow, sum: Sum) =>
    row('window', serviceWindow, serviceWindow.unitId, sum);

  /** A unit is the sum of its own windows and of the units below it. */
  const unitSum = (
    unit: Unit,
    ofWindow: (serviceWindow: ServiceWindow) => Sum,
    ofUnit: (unit: Unit) => Sum,
  ): Sum => {
    const total: Sum = {
      counts: emptyCounts(),
      excluded: emptyCounts(),
      discounted: null,
      lastVoteAt: null,
      terminals: { online: 0, offline: 0, offlineSince: null, clockApart: 0 },
      completeness: [],
    };
    for (const serviceWindow of tree().windowsOf.get(unit.id) ?? []) {
      const sum = ofWindow(serviceWindow);
      if (!book.hasMoved(serviceWindow.key)) addVotesTo(total, sum);
      addStateTo(total, sum);
    }
    for (const child of tree().childrenOf.get(unit.id) ?? []) {
      const sum = ofUnit(child);
      addVotesTo(total, sum);
      addStateTo(total, sum);
    }
    if (total.terminals.online > 0) total.terminals.offlineSince = null;
    if (total.completeness.length > 0) total.completeness = [combine(total.completeness)];
    return total;
  };

  /** With what was pressed below the unit at windows that have moved. */
  const withMoved = (unit: Unit, sum: Sum, period: Period, now: number): Sum => {
    const movedIn = (one: BoardBook) => one.movedTo(unit.key, period, now);
    const [counts, excluded] = [movedIn(book), movedIn(excludedBook)];
    const discounted = discountedOf(movedIn);
    if (counts === null && excluded === null && discounted === null) return sum;
    const total: Sum = {
      ...{ ...sum, counts: { ...sum.counts }, excluded: { ...sum.excluded } },
      discounted: sum.discounted?.map((own) => own && { ...own }) ?? null,
    };
    const nothing = emptyCounts();
    addVotesTo(total, { counts: counts ?? nothing, excluded: excluded ?? nothing, discounted });
    return total;
  };
  const unitsOf = ({ key, unitId }: ServiceWindow): Unit[] => {
    const above = unitsAbove(tree(), unitId);
    if (!book.hasMoved(key)) return above;
    const before = book.unitsBefore(key).flatMap((unitKey) => tree().unitByKey.get(unitKey) ?? []);
    return [...new Set([...above, ...before])];
  };

  const today = new Map<string, Sum>();
  const todaySum = (serviceWindow: ServiceWindow, now: number): Sum => {
    let sum = today.get(serviceWindow.id);
    if (!sum) {
      sum = sumOf(serviceWindow, 'today', now);
      today.set(serviceWindow.id, sum);
    }
    return sum;
  };

  const todayOfUnits = new Map<string, Sum>();
  const todayOfUnit = (unit: Unit, now: number): Sum => {
    let sum = todayOfUnits.get(unit.id);
    if (!sum) {
      sum = unitSum(
        unit,
        (serviceWindow) => todaySum(serviceWindow, now),
        (child) => todayOfUnit(child, now),
      );
      todayOfUnits.set(unit.id, sum);
    }
    return sum;
  };

  const kept = createKeptRows<Sum>({
    ...{ tree, figures, unitsOf, windowSum: sumOf, unitSum, windowRow },
    spanOf: (period, now) => book.spanOf(period, now),
    unitRow: (unit, sum, period, now) => row('unit', unit, unit.parentId, withMoved(unit, sum, period, now)),
  });
  const shownToday = (unit: Unit, now: number) => withMoved(unit, todayOfUnit(unit, now), 'today', now);

  return {
    windowRow: (serviceWindow, now) => windowRow(serviceWindow, todaySum(serviceWindow, now)),
    unitRow: (unit, now) => row('unit', unit, unit.parentId, shownToday(unit, now)),
    unitCounts: (unit, now) => shownToday(unit, now).counts,
    unitsOf,
    windowCompleteness: (serviceWindow, now) => completenessIn(todaySum(serviceWindow, now)),
    forget(windowId) {
      const serviceWindow = windowId === undefined ? undefined : tree().windowById.get(windowId);
      if (serviceWindow === undefined) {
        today.clear();
        todayOfUnits.clear();
        kept.touchAll();
        return;
      }
      kept.touch(serviceWindow.id);
      today.delete(serviceWindow.id);
      for (const { id } of unitsAbove(tree(), serviceWindow.unitId)) todayOfUnits.delete(id);
    },
    touch: kept.touch,
    rows: kept.of,
  };
}

type Figures = Pick<LiveRow, keyof Score | 'proof' | 'intervals'>;

function unitFigures(counts: Counts, rules: FigureRules): Figures {
  const { votes, rate, index, proof } = figureOf(counts, rules);
  const intervals = rate && index && { rate: intervalOf(rate), index: intervalOf(index) };
  return { counts, votes, rate: rate?.value ?? null, index: index?.value ?? null, proof, intervals };
}

function windowFigures(counts: Counts, rules: FigureRules): Figures {
  const score = scoreOf(counts, rules.weights);
  const { votes } = score;
  const good = counts.satisfied + counts.basically;
  const rate = votes === 0 ? null : shareOf(good, votes, rules.confidence);
  return { ...score, proof: proofOf(rate, { votes, minimum: rules.minimum, target: rules.target }) };
}

function shownDiscounted(discounted: Sum['discounted']): Discounted | null {
  if (discounted === null) return null;
  const shown: Discounted = { counts: emptyCounts(), reasons: {} };
  discounted.forEach((counts, verdict) => {
    if (counts === undefined) return;
    addCounts(shown.counts, counts);
    shown.reasons[VERDICTS[verdict] as Verdict] = votesIn(counts);
  });
  return shown;
}

const completenessIn = ({ completeness }: Sum): Completeness =>
  completeness.length > 0 ? combine(completeness) : UNKNOWN;

const laterOf = (a: number | null, b: number | null) => (a === null || (b !== null && b > a) ? b : a);

function addVotesTo(total: Sum, part: Pick<Sum, 'counts' | 'excluded' | 'discounted'>): void {
  addCounts(total.counts, part.counts);
  addCounts(total.excluded, part.excluded);
  part.discounted?.forEach((counts, verdict) => {
    if (counts === undefined) return;
    total.discounted ??= [];
    total.discounted[verdict] ??= emptyCounts();
    addCounts(total.discounted[verdict], counts);
  });
}

/** What is of the window or unit as it stands now, whatever was pressed where. */
function addStateTo(total: Sum, part: Sum): void {
  if (part.lastVoteAt !== null && part.lastVoteAt > (total.lastVoteAt ?? 0))
    total.lastVoteAt = part.lastVoteAt;
  total.terminals.online += part.terminals.online;
  total.terminals.offline += part.terminals.offline;
  total.terminals.clockApart += part.terminals.clockApart;
  const since = part.terminals.offlineSince;
  if (since !== null && since > (total.terminals.offlineSince ?? 0)) total.terminals.offlineSince = since;
  total.completeness.push(...part.completeness);
}
