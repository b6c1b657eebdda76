/**
 * Rows of what came by one channel alone. They are read from what is stored when they are asked for, and made by the code that makes
 * those of all channels; what stands in them of terminals, and of the latest vote, is of the window.
 */
import { CHANNELS, type Channel, isPressed } from '../../protocol/channel.ts';
import type { FigureRules, Period } from '../../protocol/score.ts';
import { VERDICTS } from '../../protocol/verdict.ts';
import type { Counts } from '../../protocol/vote.ts';
import type { Calendar } from '../domain/calendar.ts';
import { UNKNOWN } from '../domain/completeness.ts';
import { everAbove, type Moves, momentsWithin, unitsThen } from '../domain/moves.ts';
import { spanOf } from '../domain/period.ts';
import { addCounts, emptyCounts } from '../domain/tally.ts';
import type { HistoryStore, WindowHistory } from '../store/history.ts';
import type { ChannelCode } from '../store/ledger.ts';
import { type BoardBook, type BoardDeps, createBoard } from './board.ts';
import { createScoreRows, type ScoreRows } from './score-rows.ts';

export type AskedChannel = {
  channel: Channel;
  /** One that is made of whole quarters of an hour: any but `60m`. */
  period: Period;
  now: number;
  rules: FigureRules;
};

export type ChannelRows = {
  /** @returns what reads them, of the tree as it is now; they are of this period alone. It throws StoreFailure. */
  of(asked: AskedChannel): () => Promise<ScoreRows>;
};

export type ChannelRowsDeps = Omit<BoardDeps, 'figures'> & {
  store: Pick<HistoryStore, 'windows'>;
  calendar: Calendar;
  /** Where windows stood within the periods. */
  moves: () => Moves;
};

export function createChannelRows({
  store,
  calendar,
  moves: movesNow,
  ...live
}: ChannelRowsDeps): ChannelRows {
  return {
    of({ channel, period, now, rules }) {
      const whole = live.tree();
      const tree = () => whole;
      const figures = () => rules;
      const moves = movesNow();
      return async () => {
        const span = spanOf(period, now, calendar);
        // Between two moves everything stands where it stands.
        const bounds = [span.from, ...momentsWithin(moves, span), span.to];
        const read = await store.windows(bounds, CHANNELS.indexOf(channel) as ChannelCode);
        const sums = sumsIn(
          read.map((windows, nth) => ({ windows, from: bounds[nth] as number })),
          moves,
        );
        const bookOf = bookIn(moves);
        const board = createBoard({
          ...live,
          ...{ tree, figures },
          book: bookOf(sums.counted, live.book),
          excludedBook: bookOf(sums.excluded, live.excludedBook),
          discountedBooks: sums.discounted.map((own, verdict) => bookOf(own, live.discountedBooks[verdict])),
          // A terminal knows how many were pressed at it, and nobody how many were sent.
          completenessOf: isPressed(channel) ? live.completenessOf : () => UNKNOWN,
        });
        // Of a city they take as long as places and texts, which are made when others have had their turn.
        board.rows(period, now);
        await new Promise<void>((resolve) => setImmediate(resolve));
        return createScoreRows({ board, tree, figures });
      };
    },
  };
}

type Sums = { windows: Map<number, Counts>; units: Map<number, Counts> };

const noSums = (): Sums => ({ windows: new Map(), units: new Map() });

function sumsIn(read: readonly { windows: readonly WindowHistory[]; from: number }[], moves: Moves) {
  const counted = noSums();
  const excluded = noSums();
  const discounted = VERDICTS.map(noSums);
  const add = (sums: Map<number, Counts>, key: number, counts: Counts) => {
    const sum = sums.get(key) ?? emptyCounts();
    addCounts(sum, counts);
    sums.set(key, sum);
  };
  for (const { windows, from } of read)
    for (const { windowKey, rows } of windows)
      for (const { verdict, isExcluded, counts } of rows) {
        const sums = isExcluded ? excluded : verdict === 0 ? counted : (discounted[verdict] as Sums);
        add(sums.windows, windowKey, counts);
        for (const unitKey of unitsThen(moves, windowKey, from) ?? []) add(sums.units, unitKey, counts);
      }
  return { counted, excluded, discounted };
}

/** @param live that of all channels, and of now */
const bookIn =
  (moves: Moves) =>
  (own: Sums, live: BoardBook | undefined): BoardBook => ({
    counts: (windowKey) => own.windows.get(windowKey) ?? emptyCounts(),
    hasMoved: (windowKey) => moves.eras.has(windowKey),
    movedTo: (unitKey) => own.units.get(unitKey) ?? null,
    unitsBefore: (windowKey) => everAbove(moves, windowKey),
    lastVoteAt: (windowKey) => live?.lastVoteAt(windowKey) ?? null,
    isEmpty: () => own.windows.size === 0 && (live?.isEmpty() ?? true),
    // It is asked for one period, at one moment.
    spanOf: () => 0,
  });
