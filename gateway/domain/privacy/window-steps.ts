/**
 * What is shown of one window to those who may stand beside it: a state that moves on in steps. What a step tells is told of at least
 * so many votes at once, and of a day alone or of several sparse ones together. README.md says why so.
 */
import type { Counts } from '../../../protocol/vote.ts';
import type { DayNumber } from '../calendar.ts';
import { emptyCounts, votesIn } from '../tally.ts';
import { asFarAsStill, isMixed, moveBetween, sumOf } from './moves.ts';

export type ShownDay = {
  /** Of the votes of this day, those in blocks that are closed. */
  taken: Counts;
  /** What is shown under this day. */
  shown: Counts;
};

export type ShownWindow = {
  days: ReadonlyMap<DayNumber, ShownDay>;
  /** Closed and not shown yet, because too few of them were satisfied: shown with the blocks that follow. */
  dark: Counts;
  /** When a block was last closed; null before that. */
  steppedAt: number | null;
  /** Votes of a day that are closed as soon as enough others have come after them; null for none. In memory alone. */
  waiting: { day: DayNumber; counts: Counts } | null;
};

export type StepAsked = {
  /** The counted votes of a day, as they are stored now. */
  countsOf(day: DayNumber): Counts;
  /** Days that are looked at, both included; the last one is under way. */
  from: DayNumber;
  today: DayNumber;
  leastVotes: number;
  /** Of the step. */
  at: number;
};

export const NOTHING_SHOWN: ShownWindow = {
  ...{ days: new Map(), dark: emptyCounts(), steppedAt: null, waiting: null },
};
const NO_DAY: ShownDay = { taken: emptyCounts(), shown: emptyCounts() };

/** All that is stored is shown: of a window whose votes everybody has seen until now. */
export function adopt({ countsOf, from, today, at }: Omit<StepAsked, 'leastVotes'>): ShownWindow {
  const days = new Map<DayNumber, ShownDay>();
  for (let day = from; day <= today; day++) {
    const counts = countsOf(day);
    if (votesIn(counts) > 0) days.set(day, { taken: { ...counts }, shown: { ...counts } });
  }
  return { ...NOTHING_SHOWN, days, steppedAt: at };
}

/** @returns the state after it; but for `waiting`, what is the same is the same object. */
export function step(before: ShownWindow, asked: StepAsked): ShownWindow {
  const { countsOf, from, today, leastVotes, at } = asked;
  const days = new Map(before.days);
  const dayOf = (day: DayNumber) => days.get(day) ?? NO_DAY;
  let { dark } = before;
  let hasClosed = false;
  // Which votes make a block depends on how many there are, and never on what they are: else its time would tell.
  const close = (parts: readonly { day: DayNumber; votes: Counts }[]) => {
    hasClosed = true;
    for (const { day, votes } of parts)
      days.set(day, { ...dayOf(day), taken: sumOf([dayOf(day).taken, votes]) });
    dark = sumOf([dark, ...parts.map(({ votes }) => votes)]);
    const last = parts.at(-1)?.day ?? today;
    if (!isMixed(dark, leastVotes)) return;
    days.set(last, { ...dayOf(last), shown: sumOf([dayOf(last).shown, dark]) });
    dark = emptyCounts();
  };
  const isEnough = (votes: Counts | null): votes is Counts => votes !== null && votesIn(votes) >= leastVotes;

  const sparse: { day: DayNumber; votes: Counts }[] = [];
  for (let day = from; day < today; day++) {
    const votes = moveBetween(dayOf(day).taken, countsOf(day));
    if (isEnough(votes)) close([{ day, votes }]);
    else if (votes) sparse.push({ day, votes });
  }
  if (isEnough(sumOf(sparse.map(({ votes }) => votes)))) close(sparse);

  const now = countsOf(today);
  const { taken } = dayOf(today);
  const waited = before.waiting?.day === today ? asFarAsStill(before.waiting.counts, now) : null;
  const first = waited && moveBetween(taken, waited);
  let waiting = before.waiting;
  if (waited && isEnough(first)) {
    if (isEnough(moveBetween(waited, now))) {
      close([{ day: today, votes: first }]);
      waiting = { day: today, counts: { ...now } };
    }
  } else waiting = isEnough(moveBetween(taken, now)) ? { day: today, counts: { ...now } } : null;
  return hasClosed ? { days, dark, steppedAt: at, waiting } : { ...before, waiting };
}
