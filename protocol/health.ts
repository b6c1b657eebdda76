import { type Static, Type } from 'typebox';
import { Count } from './ids.ts';
import { Clock } from './vote.ts';

const Bytes = Type.Object(
  { freeBytes: Type.Integer({ minimum: 0 }), totalBytes: Type.Integer({ minimum: 0 }) },
  { additionalProperties: false },
);

/** `manyi/v1/{terminal}/health`, QoS 0, not retained, once a minute. What a board cannot measure is left out. */
export const Health = Type.Object(
  {
    uptimeS: Type.Integer({ minimum: 0 }),
    clock: Clock,
    /** Votes in the journal that no ack covers yet, and votes kept in all. */
    journal: Type.Object({ depth: Count, kept: Count }, { additionalProperties: false }),
    inputs: Type.Array(
      Type.Object(
        {
          name: Type.String({ minLength: 1, maxLength: 40 }),
          state: Type.Union([Type.Literal('ok'), Type.Literal('fault')]),
          reason: Type.Optional(Type.String({ maxLength: 200 })),
        },
        { additionalProperties: false },
      ),
      { maxItems: 8 },
    ),
    disk: Type.Optional(Bytes),
    memory: Type.Optional(Bytes),
    temperatureC: Type.Optional(Type.Number({ minimum: -60, maximum: 200 })),
    /** Supply voltage below the board's limit: now, and at any time since boot. */
    undervoltage: Type.Optional(
      Type.Object({ now: Type.Boolean(), sinceBoot: Type.Boolean() }, { additionalProperties: false }),
    ),
    /** Version of the configuration that the terminal runs; 0 before any. */
    config: Type.Optional(Count),
  },
  { additionalProperties: false },
);
export type Health = Static<typeof Health>;
