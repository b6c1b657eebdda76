/** Why a message or a vote is in quarantine. The contract for terminals (protocol/README.md) explains each. */
export const QUARANTINE_REASONS = [
  'topic-unknown',
  'payload-too-large',
  'json-invalid',
  'schema-invalid',
  'sequence-backwards',
  'rating-unknown',
  'vote-invalid',
  'identity-conflict',
  'epoch-limit',
  'gap-limit',
  'counter-implausible',
  'rate-implausible',
  'journal-closed',
  'held-limit',
] as const;

/** Well-formed votes that wait for a person, under their numbers; when they are sent again they still wait. */
const HELD_REASONS = ['rate-implausible', 'journal-closed'] as const;

export type HeldReason = (typeof HELD_REASONS)[number];

export function isHeldReason(reason: string): reason is HeldReason {
  return (HELD_REASONS as readonly string[]).includes(reason);
}

export type QuarantineReason = (typeof QUARANTINE_REASONS)[number];
