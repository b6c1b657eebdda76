/** Votes of one window as the rules see them, made up: readable for tables, and arbitrary for properties. */
import fc from 'fast-check';
import { createCalendar } from '../../gateway/domain/calendar.ts';
import { NO_HOLIDAYS } from '../../gateway/domain/opening-hours/holidays.ts';
import type { RatingCode } from '../../gateway/domain/tally.ts';
import type { JudgedVote } from '../../gateway/domain/verdicts/judged-vote.ts';
import { DEFAULT_RULES, type RuleSettings } from '../../gateway/domain/verdicts/rule-settings.ts';
import { createRules, type Rules, type RulesPlace } from '../../gateway/domain/verdicts/window-rules.ts';
import { createZonedTime } from '../../gateway/domain/zoned-time.ts';

/** A Monday, 10:00 in Heze. */
export const MORNING = Date.parse('2026-11-23T02:00:00Z');

export function pressOf(seq: number, at: number, given: Partial<JudgedVote> = {}): JudgedVote {
  return {
    ...{
      sourceKey: 1,
      seq,
      rating: 0,
      at,
      isTimed: true,
      device: 1,
      boot: 'b',
      mono: at - MORNING + 3_600_000,
    },
    ...{ heldMs: null, isTest: false, isImputed: false },
    ...given,
  };
}

export function placeIn(timeZone: string): RulesPlace {
  return {
    calendar: createCalendar(timeZone),
    zoned: createZonedTime(timeZone),
    holidaysOf: () => NO_HOLIDAYS,
  };
}

export function rulesOf(settings: Partial<RuleSettings> = {}, timeZone = 'Asia/Shanghai'): Rules {
  return createRules('city@1', { ...DEFAULT_RULES, ...settings }, placeIn(timeZone));
}

/** Small thresholds, so that few votes do much; now and then a rule is off. */
export const anySettings: fc.Arbitrary<Partial<RuleSettings>> = fc
  .record({
    pressIntervalMs: fc.constantFrom(0, 2_000, 5_000),
    changeOfMindMs: fc.constantFrom(0, 1_000, 2_000),
    burst: fc.constantFrom([0, 0], [2, 6_000], [4, 20_000]),
    stuck: fc.constantFrom([0, 0, 0], [5, 10, 4_000], [6, 25, 10_000]),
    stuckHeldMs: fc.constantFrom(0, 5_000),
  })
  .map(({ burst, stuck, ...rest }) => ({
    ...rest,
    changeOfMindMs: Math.min(rest.changeOfMindMs, rest.pressIntervalMs),
    burstPresses: burst[0] as number,
    burstSpanMs: burst[1] as number,
    stuckPresses: stuck[0] as number,
    stuckVariationPercent: stuck[1] as number,
    stuckLongestGapMs: stuck[2] as number,
  }));

/** Pauses, double presses, mashing, sticking contacts; two devices of two boots each, clocks that are set, and what is no press. */
const anyPart = fc.record({
  presses: fc.integer({ min: 1, max: 14 }),
  gapMs: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 3_000 }) },
    { weight: 3, arbitrary: fc.integer({ min: 1_500, max: 9_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 20_000, max: 200_000 }) },
  ),
  jitterMs: fc.constantFrom(0, 30, 900),
  device: fc.constantFrom(1, 1, 1, 2),
  boot: fc.constantFrom('b', 'b', 'b', 'c'),
  ratings: fc.constantFrom('same' as const, 'any' as const),
  mono: fc.constantFrom(0, 0, 0, 0, 7_000),
  kind: fc.constantFrom('press', 'press', 'press', 'press', 'press', 'estimated', 'test', 'message', 'held'),
});

/** In the order of time. Identities are unique. */
export function anyVotes(start = MORNING, maxParts = 12): fc.Arbitrary<JudgedVote[]> {
  return fc
    .tuple(
      fc.array(anyPart, { minLength: 1, maxLength: maxParts }),
      fc.infiniteStream(fc.nat(999)).map((stream) => stream.take(400)),
    )
    .map(([parts, random]) => {
      const draws = [...random];
      let drawn = 0;
      const draw = () => draws[drawn++ % draws.length] as number;
      let at = start;
      const votes: JudgedVote[] = [];
      for (const part of parts) {
        for (let press = 0; press < part.presses; press += 1) {
          at += part.gapMs + Math.floor((draw() / 1_000) * part.jitterMs);
          const isPress = part.kind !== 'message';
          votes.push(
            pressOf(votes.length + 1, at, {
              sourceKey: part.device,
              rating: (part.ratings === 'same' ? 0 : draw() % 3) as RatingCode,
              device: isPress ? part.device : null,
              boot: isPress ? part.boot : '',
              mono: at - start + 3_600_000 + part.mono * (draw() % 2),
              isTimed: part.kind !== 'estimated',
              isTest: part.kind === 'test',
              heldMs: part.kind === 'held' ? 4_000 + draw() * 3 : null,
            }),
          );
        }
      }
      return votes;
    });
}
