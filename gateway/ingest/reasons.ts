/** Why a message or a vote is in quarantine. The contract for terminals (protocol/README.md) explains each. */
export const QUARANTINE_REASONS = [
  'topic-unknown',
  'payload-too-large',
  'json-invalid',
  'schema-invalid',
  'sequence-backwards',
  'rating-unknown',
  'vote-invalid',
  'time-too-old',
  'time-in-future',
  'identity-conflict',
  'epoch-limit',
  'gap-limit',
] as const;

export type QuarantineReason = (typeof QUARANTINE_REASONS)[number];
