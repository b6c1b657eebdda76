/** The citizens of the demo press as people do: by the default rules nearly all of it counts, and something of each kind does not. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { verdictsOf } from '../../../gateway/domain/verdicts/verdicts-of.ts';
import { constantRules } from '../../../gateway/domain/verdicts/window-rules.ts';
import { RATINGS } from '../../../protocol/vote.ts';
import { startCitizens } from '../../../scripts/demo/citizens/citizens.ts';
import { WINDOWS } from '../../../scripts/demo/citizens/district.ts';
import { createRandom } from '../../../scripts/demo/citizens/random.ts';
import { MORNING, pressOf, rulesOf } from '../../support/presses.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: MORNING });
});
afterEach(() => {
  vi.useRealTimers();
});

const RATE = 2;
const MINUTES = 120;

it('an hour or two at the rate of the demo', () => {
  const pressed = new Map(WINDOWS.map(({ id }) => [id, [] as ReturnType<typeof pressOf>[]]));
  const stop = startCitizens({
    terminals: [...pressed].map(([windowId, votes]) => ({
      ...{ id: `${windowId}-t1`, windowId },
      press(rating) {
        const code = RATINGS.indexOf(rating) as 0 | 1 | 2;
        votes.push(pressOf(votes.length + 1, Date.now(), { rating: code }));
      },
    })),
    ...{ rate: RATE, random: createRandom(1), log: { debug() {}, info() {}, warn() {}, error() {} } },
  });
  vi.advanceTimersByTime(MINUTES * 60_000);
  stop();
  const rules = constantRules(rulesOf());
  const reasons = new Map<string, number>();
  for (const votes of pressed.values())
    for (const { code } of verdictsOf(votes, rules)) reasons.set(code, (reasons.get(code) ?? 0) + 1);
  const raw = [...reasons.values()].reduce((sum, count) => sum + count, 0);
  expect(raw / (MINUTES * 60)).toBeGreaterThan(RATE * 0.9);
  expect(raw / (MINUTES * 60)).toBeLessThan(RATE * 1.1);
  const counted = (reasons.get('counted') ?? 0) / raw;
  expect(counted).toBeGreaterThan(0.8);
  expect(counted).toBeLessThan(0.95);
  for (const reason of ['burst', 'superseded', 'too-soon'])
    expect(reasons.get(reason) ?? 0, reason).toBeGreaterThan(raw / 200);
  // Where every counter is taken, one citizen follows the other like clockwork now and then.
  expect(reasons.get('stuck') ?? 0).toBeLessThan(raw / 200);
  // Nobody comes after the end.
  vi.advanceTimersByTime(60_000);
  expect([...pressed.values()].flat()).toHaveLength(raw);
});
