import { type Static, Type } from 'typebox';
import { EpochMs } from './ids.ts';

/**
 * `manyi/v1/{terminal}/status`, QoS 1, retained; `{online: false}` with the same `connection` is also the will.
 * `connection` is new at every connect, so that the will of an older connection can be told apart and ignored.
 */
export const Status = Type.Object(
  { online: Type.Boolean(), connection: Type.String({ pattern: '^[0-9A-Za-z-]{1,36}$' }) },
  { additionalProperties: false },
);
export type Status = Static<typeof Status>;

/** `manyi/v1/gateway/status`, QoS 1, retained. A terminal sends votes only while `online` is true. */
export const GatewayStatus = Type.Object(
  {
    online: Type.Boolean(),
    /** New at every start of the gateway. */
    instance: Type.String({ minLength: 1, maxLength: 40 }),
    since: EpochMs,
  },
  { additionalProperties: false },
);
export type GatewayStatus = Static<typeof GatewayStatus>;
