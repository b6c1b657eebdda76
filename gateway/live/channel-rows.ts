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
};

export function createChannelRows({ store, calendar, ...live }: ChannelRowsDeps): ChannelRows {
  return {
    of({ channel, period, now, rules }) {
      const whole = live.tree();
      const tree = () => whole;
      const figures = () => rules;
      return async () => {
        const span = spanOf(period, now, calendar);
        const sums = sumsIn(await store.windows(span, CHANNELS.indexOf(channel) as ChannelCode));
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

type Sums = Map<number, Counts>;

function sumsIn(windows: readonly WindowHistory[]) {
  const counted: Sums = new Map();
  const excluded: Sums = new Map();
  const discounted = VERDICTS.map((): Sums => new Map());
  for (const { windowKey, rows } of windows)
    for (const { verdict, isExcluded, counts } of rows) {
      const sums = isExcluded ? excluded : verdict === 0 ? counted : (discounted[verdict] as Sums);
      const sum = sums.get(windowKey) ?? emptyCounts();
      addCounts(sum, counts);
      sums.set(windowKey, sum);
    }
  return { counted, excluded, discounted };
}

/** @param live that of all channels, and of now */
const bookOf = (own: Sums, live: BoardBook | undefined): BoardBook => ({
  counts: (windowKey) => own.get(windowKey) ?? emptyCounts(),
  lastVoteAt: (windowKey) => live?.lastVoteAt(windowKey) ?? null,
  isEmpty: () => own.size === 0 && (live?.isEmpty() ?? true),
  // It is asked for one period, at one moment.
  spanOf: () => 0,
});
