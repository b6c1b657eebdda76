/** Why nothing can be recounted of what was asked: a stable code, for programs. */
export type RecountCode = 'period-invalid' | 'period-reversed' | 'period-unaligned' | 'rules-unknown';

export class RecountRefusal extends Error {
  readonly code: RecountCode;
  constructor(code: RecountCode, message: string) {
    super(message);
    this.name = 'RecountRefusal';
    this.code = code;
  }
}
