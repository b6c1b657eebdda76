/** Why something could not be told, for now. */
export type DeliveryCode =
  | 'webhook-address-forbidden'
  | 'webhook-not-encrypted'
  | 'webhook-host-unknown'
  | 'webhook-timeout'
  | 'webhook-unreachable'
  | 'webhook-redirected'
  | 'webhook-refused'
  | 'webhook-secret-lost';

export class DeliveryFailure extends Error {
  readonly code: DeliveryCode;
  /** The receiver has said when it is worth trying again. */
  readonly retryAfterMs: number | null;
  constructor(code: DeliveryCode, message: string, retryAfterMs: number | null = null) {
    super(message);
    this.name = 'DeliveryFailure';
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}
