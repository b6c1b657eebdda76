/** What is not as it is stored or kept: of a vote its verdict, of a quarter of an hour what is kept beside the votes. */
import type { Verdict } from '../../protocol/verdict.ts';
import type { Counts } from '../../protocol/vote.ts';
import { QUARTER_MS } from './period.ts';
import { noVotes } from './sums.ts';

/** Which terminal's journal a vote is of. */
export type JournalName = { terminalId: string; epoch: string };

export type Difference =
  | (JournalName & {
      what: 'verdict';
      windowId: string;
      seq: number;
      at: number;
      stored: Verdict;
      recounted: Verdict;
    })
  | (JournalName & {
      what: 'rollup' | 'excluded' | 'discounted';
      windowId: string;
      /** The start of the quarter of an hour. */
      at: number;
      /** Of what is discounted, why. */
      verdict: Verdict | null;
      stored: Counts;
      recounted: Counts;
    });

/** Of many, the first are told and the others counted. */
const TOLD = 20;

export class Differences {
  readonly first: Difference[] = [];
  count = 0;

  add(difference: Difference): void {
    this.count += 1;
    if (this.first.length < TOLD) this.first.push(difference);
  }

  take(other: Differences): void {
    this.count += other.count;
    this.first.push(...other.first.slice(0, TOLD - this.first.length));
  }
}

/** Counts a place: what is recounted, and what is kept. */
export type Place = { journalKey: number; quarter: number; verdict: Verdict | null };

export class KeptBeside {
  private readonly places = new Map<string, Place & { kept: Counts; recounted: Counts }>();

  at(place: Place): { kept: Counts; recounted: Counts } {
    const name = `${place.quarter} ${place.journalKey} ${place.verdict}`;
    let known = this.places.get(name);
    if (!known) {
      known = { ...place, kept: noVotes(), recounted: noVotes() };
      this.places.set(name, known);
    }
    return known;
  }

  /** In the order of time. */
  differing(): (Omit<Place, 'quarter'> & { at: number; kept: Counts; recounted: Counts })[] {
    return [...this.places.values()]
      .filter(({ kept, recounted }) => !isSame(kept, recounted))
      .sort((a, b) => a.quarter - b.quarter || a.journalKey - b.journalKey)
      .map(({ quarter, ...place }) => ({ ...place, at: quarter * QUARTER_MS }));
  }
}

const isSame = (a: Counts, b: Counts) =>
  a.satisfied === b.satisfied && a.basically === b.basically && a.unsatisfied === b.unsatisfied;
