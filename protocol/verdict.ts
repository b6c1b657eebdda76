/**
 * What a vote counts for. In this order everywhere: the position is the code in databases. New ones go to the end. Only `counted` is in
 * a score; what each of the others means is in the method (docs/method.md) and, as code, in the gateway's domain/verdicts.
 */
export const VERDICTS = [
  'counted',
  'too-soon',
  'superseded',
  'burst',
  'stuck',
  'out-of-hours',
  'test',
  'imputed',
  'dismissed',
] as const;
export type Verdict = (typeof VERDICTS)[number];
