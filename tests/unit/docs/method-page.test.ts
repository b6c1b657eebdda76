/**
 * docs/method.md and docs/method.zh-CN.md show numbers: each is computed again here from the row that it stands in, by the program that
 * serves it and, where there is one, by the recount; and the documents say the same.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addMoment, NO_VOTES } from '../../../gateway/domain/alerts/window-votes.ts';
import { compare } from '../../../gateway/domain/statistics/comparison.ts';
import { riseFor, votesToAlarm } from '../../../gateway/domain/statistics/cusum.ts';
import { figureOf } from '../../../gateway/domain/statistics/figure.ts';
import { funnelLimits } from '../../../gateway/domain/statistics/funnel.ts';
import { rankByRate } from '../../../gateway/domain/statistics/ranks.ts';
import { shrunkShare } from '../../../gateway/domain/statistics/shrinkage.ts';
import { DEFAULT_RULES, THRESHOLD_BOUNDS } from '../../../gateway/domain/verdicts/rule-settings.ts';
import { figuresOf } from '../../../gateway/recount/figures.ts';
import { CHANNELS } from '../../../protocol/channel.ts';
import { cutOff, cutOffPercent } from '../../../protocol/shown-figures.ts';
import { VERDICTS } from '../../../protocol/verdict.ts';

const ROOT = join(import.meta.dirname, '../../..');
const PAGES = ['docs/method.md', 'docs/method.zh-CN.md'].map(
  (file) => [file, readFileSync(join(ROOT, file), 'utf8')] as const,
);
const SETTINGS = {
  ...{ weights: { satisfied: 100, basically: 60, unsatisfied: 0 }, minimum: 30, target: 0.85 },
  confidence: 0.95,
};

/** The cells of the table that follows the mark, without its head. */
function tableIn(page: string, name: string): string[][] {
  const after = page.split(`<!-- checked: ${name} -->\n\n`)[1] ?? '';
  const table = after.split('\n\n', 1)[0] as string;
  return table
    .split('\n')
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

function countsIn(cell: string) {
  const [satisfied = 0, basically = 0, unsatisfied = 0] = cell.split('/').map(Number);
  return { satisfied, basically, unsatisfied };
}

const percent = (value: number) => `${cutOff(value, 2, 2)} %`;
const signed = (value: number) => `${value < 0 ? '−' : ''}${(100 * Math.abs(value)).toFixed(2)}`;

/** From the cells that are given to those that are computed. */
const COMPUTED: Record<string, (rows: readonly string[][]) => string[][]> = {
  figures: (rows) =>
    rows.map(([votes = '']) => {
      const counts = countsIn(votes);
      const [served, own] = [figureOf(counts, SETTINGS), figuresOf(counts, SETTINGS)].map((figure) => {
        const { rate, index, satisfiedShare, proof } = figure;
        const ends = (estimate: { value: number; lower: number; upper: number } | null, shift: number) => {
          const { value = 0, lower = 0, upper = 0 } = estimate ?? {};
          return [value, lower, upper].map((one) => (shift === 2 ? percent(one) : cutOff(one, 2, 0)));
        };
        return [votes, ...ends(rate, 2), ...ends(index, 0), ...ends(satisfiedShare, 2), `\`${proof}\``];
      });
      expect(own).toEqual(served);
      return served as string[];
    }),
  'least votes to prove': (rows) =>
    rows.map(([target = '']) => {
      const proves = (votes: number) =>
        figuresOf({ satisfied: votes, basically: 0, unsatisfied: 0 }, SETTINGS).rate!.lower >=
        Number.parseInt(target, 10) / 100;
      let votes = 1;
      while (!proves(votes)) votes += 1;
      return [target, String(votes)];
    }),
  differences: (rows) =>
    rows.map(([now = '', before = '']) => {
      const { rate } = compare(figureOf(countsIn(now), SETTINGS), figureOf(countsIn(before), SETTINGS));
      const { value, lower, upper, change } = rate!;
      return [now, before, ...[value, lower, upper].map((one) => `${signed(one)} %`), `\`${change}\``];
    }),
  ranks: (rows) => {
    const placings = rankByRate(
      rows.map(([node = '']) => countsIn(node)),
      SETTINGS,
    );
    return rows.map(([node = ''], at) => {
      const { rank, set } = placings[at]!;
      return [node, ...[rank, set?.best, set?.worst].map((place) => String(place ?? '–'))];
    });
  },
  shrinkage: (rows) =>
    rows.map(([share = '', mean = '', strength = '']) => {
      const [x = 0, n = 0] = share.split('/').map(Number);
      const shrunk = shrunkShare({ x, n }, { mean: Number(mean), strength: Number(strength) });
      return [share, mean, strength, percent(shrunk)];
    }),
  funnel: (rows) =>
    rows.map(([target = '', n = '']) => {
      const { alarm, alert } = funnelLimits(Number(n), Number(target));
      return [target, n, ...[alarm.lower, alert.lower, alert.upper, alarm.upper].map(percent)];
    }),
  cusum: (rows) =>
    rows.map(([usual = '', watched = '', , height = '']) => {
      const cusum = { rise: riseFor(Number(usual), Number(watched)), height: Number(height) };
      const votes = [usual, watched].map((share) => votesToAlarm(cusum, Number(share)).toFixed(1));
      return [usual, watched, String(cusum.rise), height, ...votes];
    }),
};

describe.each(PAGES)('%s', (_file, page) => {
  it.each(Object.keys(COMPUTED))('shows the computed %s', (name) => {
    const rows = tableIn(page, name);
    expect(rows.length).toBeGreaterThan(1);
    expect(rows).toEqual(COMPUTED[name]!(rows));
  });

  it('shows a figure cut off, and the sum of an alarm by hand', () => {
    const [, x = '', n = '', shown = ''] = /checked: shown (\d+)\/(\d+) -->([\d.]+ %)/.exec(page) ?? [];
    expect(`${cutOffPercent(Number(x), Number(n), 2)} %`).toBe(shown);
    const rules = { sum: { rise: 11, height: 22, closesAt: 0 }, singleMs: null };
    const after = addMoment({ ...NO_VOTES, sum: 3 }, { at: 1, unsatisfied: 1, others: 0 }, rules);
    expect([after.sum, after.rising]).toEqual([13, null]);
  });

  it('names every verdict, channel, setting of the rules and its default', () => {
    const missing = [...VERDICTS, ...CHANNELS, ...Object.keys(DEFAULT_RULES)].filter(
      (word) => !page.includes(`\`${word}\``),
    );
    expect(missing).toEqual([]);
    const row = (setting: string) =>
      page.split('\n').find((line) => line.startsWith('|') && line.includes(`\`${setting}\``));
    for (const setting of Object.keys(THRESHOLD_BOUNDS) as (keyof typeof THRESHOLD_BOUNDS)[]) {
      const value = DEFAULT_RULES[setting];
      expect(row(setting), setting).toContain(setting.endsWith('Ms') ? `${value / 1_000} s` : String(value));
    }
  });
});

describe('the two documents', () => {
  it('have the same checked tables and the same sections', () => {
    const marks = PAGES.map(([, page]) => page.match(/<!-- checked: [^>]+ -->/g));
    expect(marks[0]?.length).toBeGreaterThan(9);
    expect(marks[1]).toEqual(marks[0]);
    const sections = PAGES.map(([, page]) => page.match(/^##+ /gm));
    expect(sections[1]).toEqual(sections[0]);
  });
});
