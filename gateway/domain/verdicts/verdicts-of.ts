/** The verdicts of all votes of one window, from all of them at once: what everything else is held against. */
import { burstAround, joinBurst } from './bursts.ts';
import { explain, type PartOf } from './explain.ts';
import { verdictOfItself } from './facts.ts';
import { compareVotes, isSameTrack, type JudgedVote } from './judged-vote.ts';
import { Press } from './press.ts';
import { isSameButton, regularAround } from './regularity.ts';
import { seat, sit } from './sittings.ts';
import type { Judgement } from './verdict.ts';
import type { WindowRules } from './window-rules.ts';

const NOTHING: PartOf = {};

/**
 * @param votes in any order; one that is there twice is judged once.
 * @returns in the order of `votes`. The same for the same votes, in whatever order and wherever it is asked.
 */
export function verdictsOf(votes: readonly JudgedVote[], windowRules: WindowRules): Judgement[] {
  const verdicts: Judgement[] = new Array(votes.length);
  const order = votes.map((_vote, index) => index);
  order.sort((a, b) => compareVotes(votes[a] as JudgedVote, votes[b] as JudgedVote));
  const presses: Press[] = [];
  const pressed: [index: number, press: Press][] = [];
  for (const index of order) {
    const vote = votes[index] as JudgedVote;
    const rules = windowRules.at(vote.at);
    const itself = verdictOfItself(vote, rules);
    if (itself !== null || vote.device === null) {
      verdicts[index] = itself ?? rules.counted;
      continue;
    }
    const last = presses.at(-1);
    const isAgain = last !== undefined && compareVotes(last.vote, vote) === 0;
    const press = isAgain ? last : new Press(vote, rules);
    if (!isAgain) presses.push(press);
    pressed.push([index, press]);
  }
  const partOf = judge(presses);
  for (const [index, press] of pressed) verdicts[index] = explain(press, partOf.get(press) ?? NOTHING);
  return verdicts;
}

/** Rules look in this order, each at what the ones before have left: see the README. */
function judge(presses: readonly Press[]): Map<Press, PartOf> {
  const partOf = new Map<Press, PartOf>();
  for (const button of groups(presses, isSameButton))
    button.forEach((press, index) => {
      const regular = regularAround(button, index);
      if (regular === null) return;
      press.isRegular = true;
      partOf.set(press, { regular });
    });
  const citizens = presses.filter(({ isRegular }) => !isRegular);
  for (const track of groups(citizens, isOfTrack))
    track.forEach((press, index) => {
      seat(press, sit(press, track[index - 1] ?? null));
    });
  const timed = citizens.filter(({ vote }) => vote.isTimed);
  timed.forEach((press, index) => {
    joinBurst(timed, index);
    if (!press.isSurplus) return;
    const start = burstAround(timed, index);
    const burst = { first: timed[start] as Press, last: timed[start + press.rules.burstPresses] as Press };
    partOf.set(press, { burst });
  });
  return partOf;
}

const isOfTrack = (a: Press, b: Press) => isSameTrack(a.vote, b.vote);

/** Presses that belong together, in order. */
function groups(presses: readonly Press[], belong: (a: Press, b: Press) => boolean): Press[][] {
  const found = new Map<string, Press[]>();
  let latest: Press[] | undefined;
  for (const press of presses) {
    // Nearly always the same as before.
    if (!latest || !belong(latest[0] as Press, press)) {
      const { device, boot, isTimed, rating } = press.vote;
      const key = `${device} ${isTimed} ${belong === isSameButton ? rating : ''} ${boot}`;
      latest = found.get(key);
      if (!latest) {
        latest = [];
        found.set(key, latest);
      }
    }
    latest.push(press);
  }
  return [...found.values()];
}
