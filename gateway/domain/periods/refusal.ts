/** Why there is no such period: a stable code, for programs, and what to do. */
export type PeriodCode =
  | 'period-unknown'
  | 'period-never'
  | 'period-twice'
  | 'period-reversed'
  | 'period-out-of-range'
  | 'period-too-long'
  | 'comparison-overlaps'
  | 'time-zone-unknown';

export class PeriodRefusal extends Error {
  readonly code: PeriodCode;
  constructor(code: PeriodCode, message: string) {
    super(message);
    this.name = 'PeriodRefusal';
    this.code = code;
  }
}
