import { type Static, Type } from 'typebox';
import { BootId, Count, Epoch, EpochMs, Seq } from './ids.ts';
import { Clock } from './vote.ts';

/**
 * `manyi/v1/{terminal}/hello`, QoS 1, not retained, after every connect and before any vote. The gateway answers with an
 * ack. `journal.first` is the lowest seq still kept, `journal.last` the highest ever given (an empty journal: first 1,
 * last 0). `time` and `mono` are the terminal's own clock and its boot's monotonic one at the same moment: by them the
 * gateway sees whose clock is wrong, and dates presses that a wrong clock has dated. A terminal that knows no time leaves
 * `time` out.
 */
export const Hello = Type.Object(
  {
    epoch: Epoch,
    boot: BootId,
    version: Type.String({ minLength: 1, maxLength: 40 }),
    inputs: Type.Array(Type.String({ minLength: 1, maxLength: 40 }), { maxItems: 8 }),
    journal: Type.Object({ first: Seq, last: Count }, { additionalProperties: false }),
    clock: Clock,
    time: Type.Optional(EpochMs),
    mono: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
  },
  { additionalProperties: false },
);
export type Hello = Static<typeof Hello>;
