/**
 * The verdicts of votes as they come, from what is in memory of each window. What that cannot tell (of a vote that comes late, or soon after
 * the start) counts for now, and is left to what is stored.
 */
import type { JudgedVote } from '../domain/verdicts/judged-vote.ts';
import type { Rules } from '../domain/verdicts/window-rules.ts';
import { WindowVerdicts } from '../domain/verdicts/window-verdicts.ts';
import type { BesideVote, Unjudged, VoteRecord } from '../store/ledger.ts';
import { codeOfVerdict, judgedOf } from './judged.ts';
import type { RuleBook } from './rule-book.ts';
import type { SeenWindow } from './stored-verdicts.ts';

export type LiveVerdicts = {
  /** See `LiveVerdictsDeps`. */
  judgedBy(): number | undefined;
  /** Gives the vote its verdict. It is going to be stored; the same may be given again. */
  judge(vote: VoteRecord, terminalKey: number, aside: BesideVote): void;
  /** Another gateway has stored a vote. @returns what that may change of what was said here, which is left to what is stored. */
  heard(vote: Pick<VoteRecord, 'windowKey' | 'at'>): Unjudged | null;
  /**
   * What is stored of a window, with the verdicts that are stored, up to now, while none of its votes is under way: it is remembered where
   * less was.
   */
  learn(seen: SeenWindow): void;
  /** What is in memory of a window is not what is stored. */
  doubt(windowKey: number): void;
  /** … of any. */
  forget(): void;
};

export type LiveVerdictsDeps = {
  rulesOf: RuleBook['rulesOf'];
  /** `RuleGround.revision` of them; undefined where they are always the same. */
  judgedBy(): number | undefined;
  now: () => number;
  /** A vote may be dated so far ahead of its coming. */
  aheadMs: number;
  /** Of every window that has votes, when the latest was pressed; null where other gateways may be storing some meanwhile. */
  lastVotes: readonly { windowKey: number; lastAt: number }[] | null;
};

export function createLiveVerdicts(deps: LiveVerdictsDeps): LiveVerdicts {
  const { rulesOf, judgedBy, now, aheadMs, lastVotes } = deps;
  /** Null: no version of the rules says anything there. */
  let windows = new Map<number, WindowVerdicts | null>();
  /** Whatever is pressed since has come here, or will; undefined: ever. */
  let since: number | undefined = lastVotes === null ? now() + aheadMs : undefined;
  /** Of some windows another moment. */
  let sinceAt = new Map((lastVotes ?? []).map(({ windowKey, lastAt }) => [windowKey, lastAt + 1]));

  /** Where no version of the rules says anything, a vote has nothing to do with another. */
  const areOff = (windowKey: number) => rulesOf(windowKey).all.every(saysNothing);

  const verdictsAt = (windowKey: number): WindowVerdicts | null => {
    let verdicts = windows.get(windowKey);
    if (verdicts === undefined) {
      const from = sinceAt.get(windowKey) ?? since;
      const rules = rulesOf(windowKey);
      const known = from === undefined ? {} : { since: from };
      verdicts = areOff(windowKey) ? null : new WindowVerdicts({ rules, ...known });
      windows.set(windowKey, verdicts);
    }
    return verdicts;
  };

  let into: BesideVote | null = null;
  const tell = ({ sourceKey, seq }: JudgedVote, verdict: Parameters<typeof codeOfVerdict>[0]) => {
    into?.correct({ journalKey: sourceKey, seq, verdict: codeOfVerdict(verdict) });
  };
  const doubt = (windowKey: number) => {
    windows.delete(windowKey);
    sinceAt.set(windowKey, now() + aheadMs);
  };

  return {
    judgedBy,
    judge(vote, terminalKey, aside) {
      const verdicts = verdictsAt(vote.windowKey);
      if (verdicts === null) return;
      into = aside;
      const verdict = verdicts.take(judgedOf(vote, terminalKey, vote.claimedAt !== undefined), tell);
      into = null;
      if (verdict === null) aside.leave({ windowKey: vote.windowKey, from: vote.at, to: vote.at });
      else if (verdict !== 'counted') vote.verdict = codeOfVerdict(verdict);
    },
    heard({ windowKey, at }) {
      if (areOff(windowKey)) return null;
      const hasSaid = windows.has(windowKey);
      doubt(windowKey);
      return hasSaid ? { windowKey, from: at, to: at } : null;
    },
    learn({ windowKey, from, votes }) {
      const verdicts = verdictsAt(windowKey);
      if (verdicts === null) return;
      const { knownFrom, reach } = verdicts;
      if (knownFrom <= from + reach.backMs) return;
      const learnt = new WindowVerdicts({ rules: rulesOf(windowKey), votes, since: from });
      if (learnt.knownFrom < knownFrom) windows.set(windowKey, learnt);
    },
    doubt,
    forget() {
      windows = new Map();
      sinceAt = new Map();
      since = now() + aheadMs;
    },
  };
}

const saysNothing = (rules: Rules): boolean =>
  rules.openingHours === null &&
  rules.stuckHeldMs === 0 &&
  rules.pressIntervalMs === 0 &&
  rules.changeOfMindMs === 0 &&
  rules.burstPresses === 0 &&
  rules.stuckPresses === 0;
