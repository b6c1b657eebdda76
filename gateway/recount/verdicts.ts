/**
 * What each vote counts for, rule after rule as the table in docs/method.md says them, over all votes of a stretch at once. Whoever serves
 * verdicts has other code: this one is to be read, and held against it.
 */
import type { Verdict } from '../../protocol/verdict.ts';
import type { Rules, RulesThroughTime } from './rules.ts';
import { inOrder, type Vote } from './vote.ts';

/** After so many press intervals without a pause the first press of the next so many is kept. */
const INTERVALS_A_SPAN = 12;

/** A press that nothing speaks against by itself, and what rules have found of it. */
type Press = {
  vote: Vote;
  rules: Rules;
  isRegular: boolean;
  isSuperseded: boolean;
  isTooSoon: boolean;
  isSurplus: boolean;
};

/** @param votes of one window, in order @returns in the same order */
export function judge(votes: readonly Vote[], rules: RulesThroughTime): Verdict[] {
  const presses: Press[] = [];
  const found = votes.map((vote): Verdict | Press => {
    const inForce = rules.at(vote.at);
    const byItself = ofItself(vote, inForce);
    if (byItself !== null || !vote.isPressed) return byItself ?? 'counted';
    const press = {
      ...{ vote, rules: inForce, isRegular: false },
      ...{ isSuperseded: false, isTooSoon: false, isSurplus: false },
    };
    presses.push(press);
    return press;
  });
  for (const button of grouped(presses, ({ vote }) => `${trackOf(vote)} ${vote.rating}`)) findRegular(button);
  const citizens = presses.filter(({ isRegular }) => !isRegular);
  for (const track of grouped(citizens, ({ vote }) => trackOf(vote))) findSittings(track);
  findBursts(citizens.filter(({ vote }) => vote.isTimed));
  return found.map((one) => (typeof one === 'string' ? one : verdictOf(one)));
}

/** The first that speaks against it. */
function verdictOf({ isRegular, isSuperseded, isTooSoon, isSurplus }: Press): Verdict {
  if (isRegular) return 'stuck';
  if (isSuperseded) return 'superseded';
  if (isTooSoon) return 'too-soon';
  return isSurplus ? 'burst' : 'counted';
}

/** R11, R12, and a contact that is held (R5). */
function ofItself(vote: Vote, rules: Rules): Verdict | null {
  if (vote.isImputed) return 'imputed';
  if (vote.isTest) return 'test';
  if (vote.isPressed && vote.isTimed && !rules.isOpen(vote.at)) return 'out-of-hours';
  const isHeld = rules.stuckHeldMs > 0 && (vote.heldMs ?? 0) > rules.stuckHeldMs;
  return isHeld ? 'stuck' : null;
}

/** One boot of a device, and of it what clocks have timed or what they have not. */
const trackOf = ({ terminalKey, boot, isTimed }: Vote) => `${terminalKey} ${isTimed} ${boot}`;

function grouped(presses: readonly Press[], nameOf: (press: Press) => string): Press[][] {
  const groups = new Map<string, Press[]>();
  for (const press of presses) {
    const group = groups.get(nameOf(press));
    if (group) group.push(press);
    else groups.set(nameOf(press), [press]);
  }
  return [...groups.values()];
}

/** Of what both clocks of the device say, the longer. */
const gapOf = (a: Press, b: Press) => Math.max(b.vote.at - a.vote.at, Math.abs(b.vote.mono - a.vote.mono));

/** R5: part of a run of presses of one button at gaps that are all the same, by the rules of the press itself. */
function findRegular(button: readonly Press[]): void {
  /** By where it begins: each run is asked for by all that are in it, nearly always by the same rules. */
  const known: { rules: Rules; is: boolean }[] = [];
  const isRunFrom = (first: number, rules: Rules): boolean => {
    const run = known[first];
    if (run?.rules === rules) return run.is;
    const presses = button.slice(first, first + rules.stuckPresses);
    const is = presses.length === rules.stuckPresses && isRegular(presses, rules);
    known[first] = { rules, is };
    return is;
  };
  button.forEach((press, index) => {
    const { stuckPresses } = press.rules;
    for (let first = Math.max(0, index - stuckPresses + 1); first <= index && stuckPresses > 0; first++)
      press.isRegular ||= isRunFrom(first, press.rules);
  });
}

/** No gap is too long, and the standard deviation of the gaps is less than so many percent of their mean. */
function isRegular(run: readonly Press[], rules: Rules): boolean {
  const gaps: number[] = [];
  for (const [index, press] of run.entries()) {
    if (index === 0) continue;
    const gap = gapOf(run[index - 1] as Press, press);
    if (gap > rules.stuckLongestGapMs) return false;
    gaps.push(gap);
  }
  // n·Σg² − (Σg)² is n² times the variance; whole numbers, so that nothing is rounded.
  const sum = BigInt(gaps.reduce((total, gap) => total + gap, 0));
  const squares = BigInt(gaps.reduce((total, gap) => total + gap * gap, 0));
  const percent = BigInt(rules.stuckVariationPercent);
  return 10_000n * (BigInt(gaps.length) * squares - sum * sum) < percent * percent * sum * sum;
}

/** R1 and R2: one citizen's presses on a device. */
function findSittings(track: readonly Press[]): void {
  let kept: Press | null = null;
  let isCorrected = false;
  /** Since when the device has been pressed again and again. */
  let busySince = 0;
  let before: Press | null = null;
  for (const press of track) {
    const { pressIntervalMs } = press.rules;
    const gap = before === null ? Number.POSITIVE_INFINITY : gapOf(before, press);
    const isPause = before === null || (gap >= pressIntervalMs && gap > before.rules.changeOfMindMs);
    if (isPause) busySince = press.vote.at;
    let isCut = false;
    if (!isPause && pressIntervalMs > 0) {
      const length = pressIntervalMs * INTERVALS_A_SPAN;
      const start = Math.floor(press.vote.at / length) * length;
      // That it was busy for longer than the whole span before is all that matters.
      busySince = Math.max(busySince, start - length - 1);
      isCut = (before as Press).vote.at < start && busySince < start - length;
    }
    before = press;
    if (kept === null || isPause || isCut) {
      kept = press;
      isCorrected = false;
      continue;
    }
    const sinceKept = gapOf(kept, press);
    const { changeOfMindMs } = kept.rules;
    const isOther = kept.vote.rating !== press.vote.rating;
    if (!isCorrected && isOther && changeOfMindMs > 0 && sinceKept <= changeOfMindMs) {
      kept.isSuperseded = true;
      kept = press;
      isCorrected = true;
    } else if (sinceKept < pressIntervalMs) press.isTooSoon = true;
    else {
      kept = press;
      isCorrected = false;
    }
  }
}

/** R4: more presses at a window than citizens can be. The first that would count is kept. */
function findBursts(timed: readonly Press[]): void {
  /** Whether one is kept of the burst that the press before is in. */
  let isOneKept = false;
  timed.forEach((press, index) => {
    const first = burstOf(timed, index);
    if (first === null || first === index) isOneKept = false;
    if (first === null) return;
    const wouldCount = !press.isSuperseded && !press.isTooSoon;
    press.isSurplus = isOneKept && wouldCount;
    isOneKept ||= wouldCount;
  });
}

/** Where the first run of too many in too short a time begins that the press is part of, by its own rules. */
function burstOf(timed: readonly Press[], index: number): number | null {
  const { burstPresses, burstSpanMs } = (timed[index] as Press).rules;
  for (let first = Math.max(0, index - burstPresses); first <= index && burstPresses > 0; first++) {
    const last = timed[first + burstPresses];
    if (last && last.vote.at - (timed[first] as Press).vote.at <= burstSpanMs) return first;
  }
  return null;
}

/** So far apart no two votes have to do with each other, by rules within their bounds: time is cut (above), runs and bursts end. */
export const FAR_MS = 3 * 3_600_000;
const MANY = 50_000;

export type Judged = { vote: Vote; verdict: Verdict };

/**
 * The same of any number of votes: a stretch between two pauses at a time, or of one without a pause as much as can be told.
 * @param pages in order, but for those of one millisecond
 * @param many so many are held before one is told of without a pause
 */
export async function* judgeAll(
  pages: AsyncIterable<readonly Vote[]>,
  rules: RulesThroughTime,
  many = MANY,
): AsyncGenerator<Judged[]> {
  let held: Vote[] = [];
  let toldTo = Number.NEGATIVE_INFINITY;
  const tell = (votes: readonly Vote[], through: number): Judged[] => {
    const sorted = votes.toSorted(inOrder);
    const verdicts = judge(sorted, rules);
    const told = sorted.flatMap((vote, index) =>
      vote.at > toldTo && vote.at <= through ? [{ vote, verdict: verdicts[index] as Verdict }] : [],
    );
    toldTo = through;
    return told;
  };
  for await (const page of pages) {
    for (const vote of page) held.push(vote);
    const pause = held.findLastIndex(
      (vote, index) => index > 0 && vote.at - (held[index - 1] as Vote).at > rules.quietMs,
    );
    if (pause > 0) {
      yield tell(held.slice(0, pause), (held[pause - 1] as Vote).at);
      held = held.slice(pause);
    }
    const last = held.at(-1)?.at ?? 0;
    if (held.length > many && last - (held[0] as Vote).at > 4 * FAR_MS) {
      yield tell(held, last - FAR_MS);
      held = held.filter(({ at }) => at > toldTo - FAR_MS);
    }
  }
  if (held.length > 0) yield tell(held, Number.POSITIVE_INFINITY);
}
