/** Rules that votes are judged by, as they cross a wire: their shape. Whether they are within bounds the gateway says, with a code for each. */
import { type Static, Type } from 'typebox';

const Clock = Type.String({ maxLength: 5, description: 'Local clock time, 08:30; an end may be 24:00' });
const Spans = Type.Array(Type.Object({ from: Clock, to: Clock }, { additionalProperties: false }), {
  maxItems: 100,
});

export const HoursSettings = Type.Object(
  {
    weekly: Type.Array(Spans, { maxItems: 100, description: 'Seven days, Monday first' }),
    jurisdiction: Type.Union([Type.String({ minLength: 1, maxLength: 64 }), Type.Null()]),
    makeUp: Type.Union([Spans, Type.Null()]),
    exceptions: Type.Array(
      Type.Object(
        { date: Type.String({ maxLength: 10 }), spans: Spans, name: Type.String({ maxLength: 200 }) },
        { additionalProperties: false },
      ),
      { maxItems: 2_000 },
    ),
    graceBeforeMinutes: Type.Number(),
    graceAfterMinutes: Type.Number(),
  },
  { additionalProperties: false },
);

const Days = Type.Optional(
  Type.Array(
    Type.Object(
      {
        date: Type.String({ maxLength: 10, description: '2026-10-01' }),
        name: Type.String({ maxLength: 200 }),
      },
      { additionalProperties: false },
    ),
    { maxItems: 2_000, description: 'Whatever the notices of the jurisdiction say of these days' },
  ),
);
const Threshold = Type.Optional(Type.Number());

/** What is left out is inherited from above; 0 turns a rule off; no hours: always open. */
export const SomeRules = Type.Object(
  {
    pressIntervalMs: Threshold,
    changeOfMindMs: Threshold,
    burstPresses: Threshold,
    burstSpanMs: Threshold,
    stuckPresses: Threshold,
    stuckVariationPercent: Threshold,
    stuckLongestGapMs: Threshold,
    stuckHeldMs: Threshold,
    hours: Type.Optional(Type.Union([HoursSettings, Type.Null()])),
    holidays: Days,
    workdays: Days,
  },
  { additionalProperties: false },
);
export type SomeRules = Static<typeof SomeRules>;
