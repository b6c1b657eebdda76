import { type Static, Type } from 'typebox';
import { BootId, Count, Epoch, Seq } from './ids.ts';
import { Clock } from './vote.ts';

/**
 * `manyi/v1/{terminal}/hello`, QoS 1, not retained, after every connect and before any vote. The gateway answers with an
 * ack. `journal.first` is the lowest seq still kept, `journal.last` the highest ever given (an empty journal: first 1,
 * last 0).
 */
export const Hello = Type.Object(
  {
    epoch: Epoch,
    boot: BootId,
    version: Type.String({ minLength: 1, maxLength: 40 }),
    inputs: Type.Array(Type.String({ minLength: 1, maxLength: 40 }), { maxItems: 8 }),
    journal: Type.Object({ first: Seq, last: Count }, { additionalProperties: false }),
    clock: Clock,
  },
  { additionalProperties: false },
);
export type Hello = Static<typeof Hello>;
