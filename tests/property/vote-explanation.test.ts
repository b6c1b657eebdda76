/** An explanation says what is stored, and what it leans on is there: for any votes, and for any versions of the rules. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkWords } from '../../gateway/domain/verdicts/check-words.ts';
import { gapOf, type JudgedVote, type VoteRef } from '../../gateway/domain/verdicts/judged-vote.ts';
import { reachOf } from '../../gateway/domain/verdicts/reach.ts';
import { verdictCodesOf } from '../../gateway/domain/verdicts/verdict-codes.ts';
import {
  CHECKED_RULES,
  type Check,
  type Explained,
  explainVote,
  ruleOf,
} from '../../gateway/domain/verdicts/vote-checks.ts';
import { constantRules, type WindowRules } from '../../gateway/domain/verdicts/window-rules.ts';
import { MORNING, pressOf, rulesOf } from '../support/presses.ts';
import { anyRuledVotes } from '../support/ruled-votes.ts';

const nameOf = ({ sourceKey, seq }: VoteRef) => `${sourceKey}/${seq}`;
const explained = (votes: readonly JudgedVote[], vote: JudgedVote, rules: WindowRules): Explained => {
  const { backMs, forwardMs } = reachOf(rules.all);
  const near = votes.filter(({ at }) => at >= vote.at - backMs && at <= vote.at + forwardMs);
  return explainVote(near, vote, rules) as Explained;
};
const checkOf = ({ checks }: Explained, rule: Check['rule']) =>
  checks.find((check) => check.rule === rule) as Check;

const wordsOf = (told: Explained) =>
  checkWords(told, {
    ...{ nameOf, clockOf: (atMs) => new Date(atMs).toISOString() },
    graceMinutes: { before: 5, after: 10 },
  });

/** A vote, and the first of each verdict that there is. */
function oneOfEach(votes: readonly JudgedVote[], rules: WindowRules, pick: number): Set<JudgedVote> {
  const codes = verdictCodesOf(votes, rules);
  return new Set([
    votes[pick % votes.length]!,
    ...[...new Set(codes)].map((code) => votes[codes.indexOf(code)]!),
  ]);
}

function expectChecked(told: Explained, own: JudgedVote, votes: readonly JudgedVote[]): void {
  const found = new Map(votes.map((vote) => [nameOf(vote), vote]));
  for (const { figures, votes: named } of told.checks)
    for (const one of named) {
      const other = found.get(nameOf(one));
      expect(other).toBeDefined();
      if (['next', 'correction'].includes(one.role)) expect(figures.gapMs).toBe(gapOf(own, other!));
      if (['corrected', 'keptBefore'].includes(one.role)) expect(figures.gapMs).toBe(gapOf(other!, own));
    }
  const interval = checkOf(told, 'too-soon');
  if (interval.outcome === 'against') expect(interval.figures.gapMs).toBeLessThan(interval.figures.leastMs!);
  const change = checkOf(told, 'superseded');
  if (change.outcome === 'against') expect(change.figures.gapMs).toBeLessThanOrEqual(change.figures.mostMs!);
  const run = checkOf(told, 'stuck');
  if (run.outcome === 'against') {
    expect(run.votes).toHaveLength(run.figures.presses!);
    expect(run.figures.variationPercent).toBeLessThan(run.figures.leastPercent!);
    expect(run.votes.map(nameOf)).toContain(nameOf(own));
  }
  if (run.outcome === 'passed' && run.figures.variationPercent !== undefined)
    expect(run.figures.variationPercent).toBeGreaterThanOrEqual(run.figures.leastPercent! - 1e-9);
  const burst = checkOf(told, 'burst');
  if (burst.outcome === 'against') {
    const members = burst.votes.filter(({ role }) => role === 'burst');
    expect(members).toHaveLength(burst.figures.presses! - 1);
    expect(burst.votes.filter(({ role }) => role === 'keptOfBurst')).toHaveLength(1);
    const times = [own, ...members.map((ref) => found.get(nameOf(ref))!)].map(({ at }) => at);
    expect(Math.max(...times) - Math.min(...times)).toBe(burst.figures.spanMs);
  }
}

describe('the explanation of a vote', () => {
  it('has the verdict that is stored, by the one rule that is against it', () => {
    fc.assert(
      fc.property(anyRuledVotes, fc.nat(), ({ votes, windowRules }, pick) => {
        const at = pick % votes.length;
        const stored = verdictCodesOf(votes, windowRules)[at];
        const told = explained(votes, votes[at]!, windowRules);
        expect(told.judgement.code).toBe(stored);
        expect(told.checks.map(({ rule }) => rule)).toEqual([...CHECKED_RULES]);
        const against = told.checks.filter(({ outcome }) => outcome === 'against');
        expect(against.map(({ rule }) => rule)).toEqual(stored === 'counted' ? [] : [ruleOf(told.judgement)]);
        const decided =
          told.checks.findIndex(({ outcome }) => outcome === 'against') + 1 || Number.POSITIVE_INFINITY;
        told.checks.forEach(({ outcome }, index) => {
          expect(outcome === 'decided').toBe(index >= decided);
        });
      }),
      { numRuns: 150 },
    );
  });

  it('names votes that are there, at the gaps that it says, on the sides of the thresholds that it says', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(anyRuledVotes, fc.nat(), ({ votes, windowRules }, pick) => {
        for (const own of oneOfEach(votes, windowRules, pick)) {
          const told = explained(votes, own, windowRules);
          for (const { outcome, votes: named } of told.checks)
            for (const { role } of named) seen.add(`${role} ${outcome}`);
          expectChecked(told, own, votes);
          // What takes a vote's place says so too, where its own rules have an interval.
          const [by] = checkOf(told, 'superseded').votes.filter(({ role }) => role === 'correction');
          const later = votes.find((vote) => by !== undefined && nameOf(vote) === nameOf(by));
          if (later === undefined) continue;
          const interval = checkOf(explained(votes, later, windowRules), 'too-soon');
          if (interval.outcome === 'off') continue;
          expect(interval.votes).toEqual([{ sourceKey: own.sourceKey, seq: own.seq, role: 'corrected' }]);
          seen.add(`corrected ${interval.outcome}`);
        }
      }),
      { numRuns: 250 },
    );
    for (const kind of ['correction against', 'corrected passed', 'keptBefore against', 'keptBefore passed'])
      expect(seen).toContain(kind);
    for (const kind of ['next passed', 'run against', 'burst against', 'keptOfBurst against'])
      expect(seen).toContain(kind);
  });

  it('calls no run even whose presses are of one millisecond, as the rule does not', () => {
    const rules = constantRules(
      rulesOf({ stuckPresses: 6, pressIntervalMs: 0, changeOfMindMs: 0, burstPresses: 0 }),
    );
    const votes = Array.from({ length: 6 }, (_none, index) => pressOf(index + 1, MORNING));
    const told = explained(votes, votes[0]!, rules);
    expect(told.judgement.code).toBe('counted');
    const { outcome, figures } = checkOf(told, 'stuck');
    expect([outcome, figures.together, figures.variationPercent]).toEqual(['passed', 6, undefined]);
    expect(wordsOf(told)[CHECKED_RULES.indexOf('stuck')]?.en).toContain('are of one millisecond');
  });

  it('asks nothing about presses of what was not pressed, whether or not its time is certain', () => {
    // Closed on that day: what was pressed then would be out of hours.
    const hours = {
      weekly: [[], [], [], [], [], [], []],
      ...{ jurisdiction: null, makeUp: null, exceptions: [], graceBeforeMinutes: 0, graceAfterMinutes: 0 },
    };
    const rules = constantRules(rulesOf({ hours }));
    for (const isTimed of [true, false]) {
      const sent = pressOf(1, MORNING, { device: null, isTimed });
      const { checks } = explained([sent], sent, rules);
      const asked = checks.filter(({ rule, outcome }) => rule !== 'origin' && outcome !== 'off');
      expect(asked.map(({ outcome }) => outcome)).toEqual(asked.map(() => 'unpressed'));
      expect(asked.map(({ rule }) => rule)).toContain('hours');
    }
  });

  it('says it in two languages, each rule once, and never leaves a figure out', () => {
    fc.assert(
      fc.property(anyRuledVotes, fc.nat(), ({ votes, windowRules }, pick) => {
        const told = explained(votes, votes[pick % votes.length]!, windowRules);
        const words = wordsOf(told);
        expect(words).toHaveLength(CHECKED_RULES.length);
        for (const { zh, en } of words) {
          expect(zh).not.toMatch(/NaN|undefined|null|（）/);
          expect(en).not.toMatch(/NaN|undefined|null|\(\)| after ,/);
          expect(zh).toMatch(/。$/);
        }
      }),
      { numRuns: 100 },
    );
  });
});
