/** From when and until when what the authority signs is good. */

export const DAY_MS = 86_400_000;
export const EPOCH = new Date(0);
/** "No well-defined expiration date" (RFC 5280, 4.1.2.5). */
export const NEVER = new Date('9999-12-31T23:59:59Z');

export const daysAfter = (at: number, days: number): Date =>
  new Date(Math.floor((at + days * DAY_MS) / 1_000) * 1_000);
