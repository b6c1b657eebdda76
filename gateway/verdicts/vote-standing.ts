/** Whether what is stored of a vote is what the rules say now, and what has become of it since it came. */
import { VERDICTS, type Verdict } from '../../protocol/verdict.ts';
import type { JudgedVote, VoteRef } from '../domain/verdicts/judged-vote.ts';
import { reachOf } from '../domain/verdicts/reach.ts';
import { versionOn } from '../domain/verdicts/rule-versions.ts';
import { type Explained, explainVote } from '../domain/verdicts/vote-checks.ts';
import type { WindowRules } from '../domain/verdicts/window-rules.ts';
import type { KeptRuleVersion } from '../store/rules.ts';
import type { FoundVote } from '../store/verdicts.ts';

/**
 * `same`: what is stored is what the rules say. Else why not: `waiting` to be judged again; `notices`: holidays by a notice that may have
 * come since; `unknown`: nothing that is stored says so.
 */
export const STANDINGS = ['same', 'waiting', 'notices', 'unknown'] as const;
export type Standing = (typeof STANDINGS)[number];

export type StandingDeps = {
  found: FoundVote;
  explained: Explained;
  rules: WindowRules;
  /** Its hours go by notices of holidays. */
  hasNotices: boolean;
};

export function standingOf({ found, explained, rules, hasNotices }: StandingDeps): Standing {
  if (VERDICTS[found.byRules] === explained.judgement.code) return 'same';
  const { backMs, forwardMs } = reachOf(rules.all);
  if (found.waiting.some(({ from, to }) => found.at >= from - forwardMs && found.at <= to + backMs))
    return 'waiting';
  return hasNotices && explained.day !== null && explained.day.kind !== 'exception' ? 'notices' : 'unknown';
}

export type Later = {
  node: string;
  version: number;
  madeAt: number;
  madeBy: string;
  reason: string;
  /** By the rules as they were from then on. */
  verdict: Verdict;
  /** … and before. */
  before: Verdict;
};

export type LaterDeps = {
  versions: readonly KeptRuleVersion[];
  path: readonly string[];
  /** Local, of the press. */
  date: string;
  votes: readonly JudgedVote[];
  self: VoteRef;
  found: Pick<FoundVote, 'receivedAt'>;
  rulesBy(versions: readonly KeptRuleVersion[]): WindowRules;
};

/** Each is a judgement of all votes around. */
const MOST_LATER = 10;

/** Those that governed its day once they were written, oldest first; the latest where they are many. */
export async function laterVersions(deps: LaterDeps): Promise<Later[]> {
  const { versions, path, date, votes, self, found, rulesBy } = deps;
  const verdictBy = (some: readonly KeptRuleVersion[]): Verdict =>
    explainVote(votes, self, rulesBy(some))?.judgement.code ?? 'counted';
  const later: Later[] = [];
  const those = versions.filter((one) => one.madeAt > found.receivedAt && path.includes(one.nodeId));
  for (const one of those.filter((version) => versionOn([version], date) !== null).slice(-MOST_LATER)) {
    const { nodeId, version, madeAt, madeBy, reason } = one;
    const until = versions.slice(0, versions.indexOf(one) + 1);
    const before = verdictBy(until.slice(0, -1));
    later.push({ node: nodeId, ...{ version, madeAt, madeBy, reason }, before, verdict: verdictBy(until) });
    await new Promise(setImmediate);
  }
  return later;
}
