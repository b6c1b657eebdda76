/** What detectors find of a labelled set, and how often they are wrong: the set of the bench, smaller, with seeds of its own. */
import { describe, expect, it } from 'vitest';
import { drawCases, figuresOf, isSaid } from '../../scripts/bench/misuse/bench-set.ts';

describe('detectors over a labelled set', () => {
  const cases = drawCases({ seeds: [101, 202], misuseOfEach: 6, honestOfEach: 12 });
  const size = { misuse: 2 * 12 * 6, honest: 2 * 10 * 12 };

  it('find most of what is misuse, and are seldom wrong', () => {
    expect(cases.filter(({ isMisuse }) => isMisuse)).toHaveLength(size.misuse);
    expect(cases.filter(({ isMisuse }) => !isMisuse)).toHaveLength(size.honest);
    const { precision, recall } = figuresOf(cases, null);
    expect(precision).toBeGreaterThanOrEqual(0.9);
    expect(recall).toBeGreaterThanOrEqual(0.8);
  });
  it.each([
    ['compensation', 0.6, 0.6],
    ['run', 0.75, 0.7],
    ['ceiling', 0.9, 0.8],
    ['ending', 0.9, 0.3],
    ['mix', 0.7, 0.6],
    ['imported', 1, 0.75],
    ['participation', 1, 0.85],
  ])('%s is right in %d and finds %d of what it is there for', (rule, leastPrecision, leastRecall) => {
    const { precision, recall } = figuresOf(cases, rule);
    expect(precision).toBeGreaterThanOrEqual(leastPrecision);
    expect(recall).toBeGreaterThanOrEqual(leastRecall);
  });
  it('leave honest ordinary weeks, excellent counters and villages alone', () => {
    for (const kind of ['an ordinary week', 'an excellent counter', 'a village with few votes']) {
      const of = cases.filter((one) => one.kind === kind);
      expect(of.filter(isSaid).length / of.length, kind).toBeLessThanOrEqual(0.07);
    }
  });
});
