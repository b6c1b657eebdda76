/**
 * What each rule says of one vote, in the order in which rules look at it, with the votes that it was held against and what was measured:
 * so much that a person can check it. Pure, and by the same verdicts as are stored.
 */
import type { OpenDay } from '../opening-hours/opening-hours.ts';
import { gapOf, isSameTrack, type JudgedVote, refOf, type VoteRef } from './judged-vote.ts';
import type { Judgement } from './verdict.ts';
import {
  evenRunAround,
  isCitizens,
  isKept,
  isPress,
  isSameVote,
  mostWithin,
  type Neighbour,
  type Neighbourhood,
  neighbourhoodOf,
  onTrackOf,
} from './vote-neighbours.ts';
import type { Rules, WindowRules } from './window-rules.ts';

/** In the order in which they look. */
export const CHECKED_RULES = ['origin', 'hours', 'held', 'stuck', 'superseded', 'too-soon', 'burst'] as const;
export type CheckedRule = (typeof CHECKED_RULES)[number];

/**
 * `against`: it is the reason. `passed`: it has looked and found nothing. `off`: it is not set. `decided`: a rule before it has spoken.
 * `unpressed`, `untimed`: it is for what was pressed, and for what is known when.
 */
export const OUTCOMES = ['against', 'passed', 'off', 'decided', 'unpressed', 'untimed', 'unknown'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What another vote is to this one. */
export const ROLES_OF_VOTES = [
  'correction',
  'corrected',
  'next',
  'keptBefore',
  'run',
  'burst',
  'keptOfBurst',
] as const;
export type RoleOfVote = (typeof ROLES_OF_VOTES)[number];
export type NamedVote = VoteRef & { role: RoleOfVote };

/** `figures`: milliseconds where the name says so, else counts and percent. */
export type Check = {
  readonly rule: CheckedRule;
  readonly outcome: Outcome;
  readonly figures: Readonly<Record<string, number>>;
  readonly votes: readonly NamedVote[];
};

export type Explained = {
  readonly judgement: Judgement;
  readonly rules: Rules;
  readonly checks: readonly Check[];
  /** Of the local day of the press; null where hours are not known, or when it was pressed is not. */
  readonly day: (OpenDay & { readonly date: string }) | null;
  readonly neighbourhood: Neighbourhood;
};

/**
 * @param votes all of the window that its verdict may depend on (`reachOf`), in any order
 * @returns null when the vote is not among them
 */
export function explainVote(
  votes: readonly JudgedVote[],
  vote: VoteRef,
  windowRules: WindowRules,
): Explained | null {
  const neighbourhood = neighbourhoodOf(votes, vote, windowRules);
  if (neighbourhood === null) return null;
  const { vote: own, judgement } = neighbourhood.all[neighbourhood.index] as Neighbour;
  const rules = windowRules.at(own.at);
  const seen: Seen = { neighbourhood, own, judgement, rules };
  const checks: Check[] = [];
  let isDecided = false;
  for (const rule of CHECKED_RULES) {
    const outcome: Outcome = isDecided ? 'decided' : outcomeOf(rule, seen);
    isDecided ||= outcome === 'against';
    const looked = outcome === 'against' || outcome === 'passed';
    checks.push({ rule, outcome, figures: {}, votes: [], ...(looked && LOOK[rule](seen)) });
  }
  const day =
    rules.openingHours !== null && own.isTimed
      ? { ...rules.openingHours.openDay(rules.dayOf(own.at)), date: rules.dayName(own.at) }
      : null;
  return { judgement, rules, checks, day, neighbourhood };
}

type Seen = { neighbourhood: Neighbourhood; own: JudgedVote; judgement: Judgement; rules: Rules };
type Found = Partial<Pick<Check, 'figures' | 'votes'>>;

/** Which rule has given a verdict; null: none has spoken. */
export function ruleOf(judgement: Judgement): CheckedRule | null {
  switch (judgement.code) {
    case 'counted':
    case 'dismissed':
      return null;
    case 'imputed':
    case 'test':
      return 'origin';
    case 'out-of-hours':
      return 'hours';
    case 'stuck':
      return judgement.cause === 'held' ? 'held' : 'stuck';
    default:
      return judgement.code;
  }
}

const IS_OFF: Readonly<Record<CheckedRule, (rules: Rules) => boolean>> = {
  origin: () => false,
  hours: ({ openingHours }) => openingHours === null,
  held: ({ stuckHeldMs }) => stuckHeldMs === 0,
  stuck: ({ stuckPresses }) => stuckPresses === 0,
  superseded: ({ changeOfMindMs }) => changeOfMindMs === 0,
  'too-soon': ({ pressIntervalMs }) => pressIntervalMs === 0,
  burst: ({ burstPresses }) => burstPresses === 0,
};

function outcomeOf(rule: CheckedRule, { own, judgement, rules }: Seen): Outcome {
  // Of two versions of the rules the other one may have spoken, so that it is off here and against all the same.
  if (ruleOf(judgement) === rule) return 'against';
  if (IS_OFF[rule](rules)) return 'off';
  if (rule === 'origin') return 'passed';
  if (own.device === null) return 'unpressed';
  if (rule === 'held') return own.heldMs === null ? 'unknown' : 'passed';
  return (rule === 'hours' || rule === 'burst') && !own.isTimed ? 'untimed' : 'passed';
}

const LOOK: Readonly<Record<CheckedRule, (seen: Seen) => Found>> = {
  origin: () => ({}),
  hours: () => ({}),
  held: ({ own, rules }) => ({ figures: { heldMs: own.heldMs ?? 0, mostMs: rules.stuckHeldMs } }),
  stuck: lookForSticking,
  superseded: lookForCorrection,
  'too-soon': lookForInterval,
  burst: lookForBurst,
};

function lookForSticking({ neighbourhood, own, judgement, rules }: Seen): Found {
  const { stuckPresses, stuckVariationPercent, stuckLongestGapMs } = rules;
  const limits = {
    presses: stuckPresses,
    leastPercent: stuckVariationPercent,
    longestGapMs: stuckLongestGapMs,
  };
  if (judgement.code !== 'stuck' || judgement.cause !== 'regular') {
    const { together, variationPercent } = evenRunAround(neighbourhood, stuckPresses, stuckLongestGapMs);
    return { figures: { ...limits, together, ...(variationPercent !== null && { variationPercent }) } };
  }
  const { first, last, meanGapMs, variationPercent } = judgement;
  const isOfButton = (one: Neighbour) =>
    isPress(one) && isSameTrack(one.vote, own) && one.vote.rating === own.rating;
  return {
    figures: { ...limits, meanGapMs, variationPercent },
    votes: between(neighbourhood, first, last).filter(isOfButton).map(named('run')),
  };
}

function lookForCorrection({ neighbourhood: { all, index }, own, judgement, rules }: Seen): Found {
  const mostMs = rules.changeOfMindMs;
  if (judgement.code === 'superseded')
    return {
      figures: { gapMs: judgement.gapMs, mostMs },
      votes: [{ ...judgement.by, role: 'correction' }],
    };
  const next = all.slice(index + 1).find(onTrackOf(own));
  return next
    ? { figures: { gapMs: gapOf(own, next.vote), mostMs }, votes: [named('next')(next)] }
    : { figures: { mostMs } };
}

function lookForInterval({ neighbourhood: { all, index }, own, judgement, rules }: Seen): Found {
  if (judgement.code === 'too-soon')
    return {
      figures: { gapMs: judgement.gapMs, leastMs: judgement.leastMs },
      votes: [{ ...judgement.by, role: 'keptBefore' }],
    };
  const leastMs = rules.pressIntervalMs;
  const before = all.slice(0, index).filter(onTrackOf(own));
  const corrected = before.findLast(
    ({ judgement: other }) => other.code === 'superseded' && isSameVote(other.by, own),
  );
  if (corrected)
    return {
      figures: { gapMs: gapOf(corrected.vote, own), leastMs },
      votes: [named('corrected')(corrected)],
    };
  const kept = before.findLast(isKept);
  return kept
    ? { figures: { gapMs: gapOf(kept.vote, own), leastMs }, votes: [named('keptBefore')(kept)] }
    : { figures: { leastMs } };
}

function lookForBurst({ neighbourhood, own, judgement, rules }: Seen): Found {
  const limits = { most: rules.burstPresses, withinMs: rules.burstSpanMs };
  if (judgement.code !== 'burst')
    return { figures: { ...limits, presses: mostWithin(neighbourhood, rules.burstSpanMs) } };
  const { first, last, presses, spanMs } = judgement;
  const isTimed = (one: Neighbour) => isCitizens(one) && one.vote.isTimed;
  const kept = neighbourhood.all
    .slice(0, neighbourhood.index)
    .findLast((one) => isTimed(one) && one.judgement.code === 'counted');
  return {
    figures: { ...limits, presses, spanMs },
    votes: [
      ...(kept ? [named('keptOfBurst')(kept)] : []),
      ...between(neighbourhood, first, last)
        .filter((one) => isTimed(one) && one.vote !== own)
        .map(named('burst')),
    ],
  };
}

const named =
  (role: RoleOfVote) =>
  ({ vote }: Neighbour): NamedVote => ({ ...refOf(vote), role });

/** From one to the other, both among them. */
function between({ all }: Neighbourhood, first: VoteRef, last: VoteRef): Neighbour[] {
  const placeOf = (ref: VoteRef) => all.findIndex(({ vote }) => isSameVote(vote, ref));
  return all.slice(placeOf(first), placeOf(last) + 1);
}
