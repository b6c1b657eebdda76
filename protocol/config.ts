import { type Static, Type } from 'typebox';
import { Count } from './ids.ts';

/**
 * `manyi/v1/{terminal}/config`, QoS 1, retained: the configuration wanted of the terminal. It reports the version it runs
 * in `health.config`. What is left out keeps the terminal's own setting.
 */
export const TerminalConfig = Type.Object(
  {
    version: Count,
    healthIntervalS: Type.Optional(Type.Integer({ minimum: 10, maximum: 3600 })),
    /** How long acked votes stay in the journal. */
    keepAckedDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 365 })),
    /** How long the thank-you shows. */
    thanksMs: Type.Optional(Type.Integer({ minimum: 200, maximum: 10_000 })),
  },
  { additionalProperties: false },
);
export type TerminalConfig = Static<typeof TerminalConfig>;
