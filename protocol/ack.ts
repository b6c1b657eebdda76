import { type Static, Type } from 'typebox';
import { Count, Epoch, EpochMs, Seq } from './ids.ts';

export const MAX_MISSING_RANGES = 64;

/**
 * `manyi/v1/{terminal}/ack`, QoS 1, not retained; only after the commit. Everything from 1 to `upTo` is stored and may
 * be let go. `missing` are closed ranges above `upTo` that the gateway knows to exist and does not have: send them
 * again. `upTo` may be lower than in an earlier ack (a gateway restored from a backup): then send again from `upTo` + 1.
 */
export const Ack = Type.Object(
  {
    epoch: Epoch,
    upTo: Count,
    missing: Type.Array(Type.Tuple([Seq, Seq]), { maxItems: MAX_MISSING_RANGES }),
    /** The gateway's clock when it sent this. */
    time: EpochMs,
  },
  { additionalProperties: false },
);
export type Ack = Static<typeof Ack>;
