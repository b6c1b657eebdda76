/** Why something could not be told, for now. */
export type DeliveryCode =
  | 'webhook-address-forbidden'
  | 'webhook-not-encrypted'
  | 'webhook-host-unknown'
  | 'webhook-timeout'
  | 'webhook-unreachable'
  | 'webhook-redirected'
  | 'webhook-refused'
  | 'webhook-secret-lost'
  | 'mail-not-set-up'
  | 'mail-host-unknown'
  | 'mail-unreachable'
  | 'mail-timeout'
  | 'mail-not-encrypted'
  | 'mail-auth-refused'
  | 'mail-deferred'
  | 'mail-refused';

export type NextTime = {
  /** The receiver has said when it is worth trying again. */
  retryAfterMs?: number | null;
  /** … or that it never will be. */
  isFinal?: boolean;
};

export class DeliveryFailure extends Error {
  readonly code: DeliveryCode;
  readonly next: Required<NextTime>;
  /** @param message kept with the delivery, for whoever looks what has become of it */
  constructor(code: DeliveryCode, message: string, { retryAfterMs = null, isFinal = false }: NextTime = {}) {
    super(message);
    this.name = 'DeliveryFailure';
    this.code = code;
    this.next = { retryAfterMs, isFinal };
  }
}
