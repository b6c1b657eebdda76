/** A press that takes part in the rules: one of a device that nothing speaks against by itself. What is found of it is kept with it. */
import type { Verdict } from '../../../protocol/verdict.ts';
import type { JudgedVote } from './judged-vote.ts';
import type { Rules } from './window-rules.ts';

/** In no burst; in one of which none is kept so far; in one of which one is kept. */
export type BurstState = 'none' | 'open' | 'kept';

/** It holds on to no press but those of its own sitting: memory would be a chain of all that there ever were. */
export class Press {
  readonly vote: JudgedVote;
  readonly rules: Rules;
  /** R5. When it is, no citizen has pressed: the press is nothing to other rules. */
  isRegular = false;
  /** The gap to the press of its button before it, -1 where there is none, and at most how many gaps up to it may be alike: the quick way, see `gauge`. */
  gapMs = -1;
  alike = 0;
  /** R1: the press that is kept of this sitting as of this press; itself, when it is. */
  kept: Press = this;
  /** R2: `kept` has taken the place of an earlier press: not twice. */
  isCorrected = false;
  corrects: Press | null = null;
  correctedBy: Press | null = null;
  /** For how long the device has not been left alone; no longer than matters (`sit`). */
  busyMs = 0;
  /** R4, as of this press. */
  burstState: BurstState = 'none';
  /** It would count, if it were not in a burst of which another is kept. */
  isSurplus = false;
  /** What was last said of it. */
  code: Verdict = 'counted';

  constructor(vote: JudgedVote, rules: Rules) {
    this.vote = vote;
    this.rules = rules;
  }

  /** Would count, if there were no bursts. */
  get isCandidate(): boolean {
    return !this.isRegular && this.kept === this && this.correctedBy === null;
  }
}

/** The first thing that speaks against it is told. */
export function codeOf(press: Press): Verdict {
  if (press.isRegular) return 'stuck';
  if (press.correctedBy !== null) return 'superseded';
  if (press.kept !== press) return 'too-soon';
  return press.isSurplus ? 'burst' : 'counted';
}
