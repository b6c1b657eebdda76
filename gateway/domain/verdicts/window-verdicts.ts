/** The verdicts of one window's votes as they come, one at a time, in whatever order: at any moment what `verdictsOf` says of all of them. */
import type { Verdict } from '../../../protocol/verdict.ts';
import { codeOfItself } from './facts.ts';
import { compareVotes, type JudgedVote } from './judged-vote.ts';
import { codeOf, Press } from './press.ts';
import { type Reach, reachOf } from './reach.ts';
import { Changed, RecentPresses } from './recent-presses.ts';
import { renewBursts } from './renew-bursts.ts';
import { isLastOfNoRun, renewRegular } from './renew-regular.ts';
import { renewSittings } from './renew-sittings.ts';
import { type Widest, widestOf } from './widest.ts';
import type { Rules, WindowRules } from './window-rules.ts';

/** What is later than that is nearly always a backlog, and comes in its order. */
const LATE_MS = 15 * 60_000;
/** Some minutes of a rush hour. */
const MOST_PRESSES = 192;

export type WindowVerdictsSettings = {
  rules: WindowRules;
  /** What there is of the window's votes already, in any order: all that were pressed from `since` on; `since` left out: all there are. */
  votes?: readonly JudgedVote[];
  since?: number;
  /** How many are kept in memory, and how late one may come whose neighbours are still there. */
  mostPresses?: number;
  lateMs?: number;
};

/** The verdict of a vote that was taken before is another one now. */
export type TellChange = (vote: JudgedVote, now: Verdict, before: Verdict) => void;

export class WindowVerdicts {
  readonly reach: Reach;
  private readonly rules: WindowRules;
  private readonly widest: Widest;
  private readonly recent = new RecentPresses();
  private readonly changed = new Changed();
  private readonly mostPresses: number;
  private readonly keptMs: number;

  constructor({ rules, votes, since, mostPresses, lateMs }: WindowVerdictsSettings) {
    this.rules = rules;
    this.reach = reachOf(rules.all);
    this.widest = widestOf(rules.all);
    this.mostPresses = mostPresses ?? MOST_PRESSES;
    this.keptMs = this.reach.backMs + this.reach.forwardMs + (lateMs ?? LATE_MS);
    for (const vote of [...(votes ?? [])].sort(compareVotes)) this.take(vote, () => {});
    // The first of them depend on what was before.
    if (since !== undefined) this.recent.forgetUntil(since + this.reach.backMs);
  }

  /** What was pressed before may be unknown. */
  get knownFrom(): number {
    return this.recent.knownFrom;
  }

  /**
   * @param vote stored; the same again changes nothing.
   * @returns its verdict; null when that depends on votes that are forgotten: then nothing is told, and whoever keeps the votes judges those
   * of `affectedSpan(vote.at, reach)` with `verdictsOf`. Until there is a pause of `reach.aloneMs`, or a new one of these is made from
   * the votes, more may be unknown.
   */
  take(vote: JudgedVote, tell: TellChange): Verdict | null {
    const rules = this.rules.at(vote.at);
    const itself = codeOfItself(vote, rules);
    if (itself !== null) return itself;
    if (vote.device === null) return 'counted';
    const { recent } = this;
    const { presses, knownFrom } = recent;
    if (vote.at < knownFrom) return this.giveUp(vote);
    const last = presses[presses.length - 1];
    if (vote.at - (last === undefined ? knownFrom : last.vote.at) > this.reach.aloneMs) {
      presses.push(new Press(vote, rules));
      this.forgetOld(vote.at);
      return 'counted';
    }
    const place = recent.placeOf(vote);
    const there = presses[place];
    if (there !== undefined && compareVotes(there.vote, vote) === 0) return there.code;
    const press = new Press(vote, rules);
    if (there === undefined) presses.push(press);
    else presses.splice(place, 0, press);
    const isUniform = this.isUniform(vote.at, rules);
    if (there === undefined && isUniform && this.standsApart(place)) {
      this.forgetOld(vote.at);
      return 'counted';
    }
    if (!this.renew(place, isUniform)) return this.giveUp(vote);
    this.announce(press, tell);
    this.forgetOld((presses[presses.length - 1] as Press).vote.at);
    return press.code;
  }

  private isUniform(at: number, rules: Rules): boolean {
    const { farMs } = this.widest;
    if (this.rules.all.length === 1) return true;
    return this.rules.at(at - farMs) === rules && this.rules.at(at + farMs) === rules;
  }

  /**
   * The quick way for nearly every press, which is the last one so far: that of another citizen, too few others before it for a burst, at a
   * gap unlike those before it. It counts, and changes nothing of the others.
   */
  private standsApart(place: number): boolean {
    const { recent, widest } = this;
    const { presses } = recent;
    const { vote, rules } = presses[place] as Press;
    const before = presses[place - 1];
    // By its own rules: others may have bursts of more presses, which say nothing of fewer.
    const first = presses[place - Math.max(1, rules.burstPresses)];
    if (before === undefined || first === undefined) return false;
    if (vote.at - before.vote.at <= widest.sittingMs) return false;
    if (rules.burstPresses > 0 && vote.at - first.vote.at <= rules.burstSpanMs) return false;
    return isLastOfNoRun(recent, place, widest);
  }

  private renew(place: number, isUniform: boolean): boolean {
    const { recent, widest, changed } = this;
    changed.begin(place);
    return (
      renewRegular(recent, place, isUniform, widest, changed) &&
      renewSittings(recent, widest, changed) &&
      renewBursts(recent, isUniform, widest, changed)
    );
  }

  private announce(taken: Press, tell: TellChange): void {
    const { places, count } = this.changed;
    for (let at = 0; at < count; at++) {
      const place = places[at] as number;
      const press = this.recent.presses[place] as Press;
      const before = press.code;
      const now = codeOf(press);
      if (now === before) continue;
      press.code = now;
      if (press !== taken) tell(press.vote, now, before);
    }
  }

  /** What it may have to do with is no longer to be relied on. */
  private giveUp({ at }: JudgedVote): null {
    this.recent.forgetThrough(at + this.reach.backMs);
    return null;
  }

  private forgetOld(now: number): void {
    const { presses } = this.recent;
    // Half of them at once, so that it costs each next to nothing.
    const half = presses.length >> 1;
    if (half === 0) return;
    if (presses.length > this.mostPresses || (presses[half - 1] as Press).vote.at < now - this.keptMs)
      this.recent.forget(half);
  }
}
