/** Whose right a link stands on, how long it is good, and how it stands now. */
import type { Role } from '../../protocol/session.ts';
import type { LinkKind } from './roles.ts';

/** Who may make, extend and revoke a link: the metrics are of the whole gateway, and a source makes votes, so both are an administrator's. */
const MAKERS: Readonly<Record<LinkKind, readonly Role[]>> = {
  wall: ['administrator', 'operator', 'unit-manager'],
  metrics: ['administrator'],
  source: ['administrator'],
};

export const LINK_DAYS = { standard: 365, most: 1_095 } as const;
const DAY_MS = 86_400_000;
/** Listed as `ending` from then on: time enough to walk to a screen. */
const ENDING_MS = 30 * DAY_MS;

export function mayMakeKind(role: Role, kind: LinkKind): boolean {
  return MAKERS[kind].includes(role);
}

export function linkEnd(from: number, days: number): number {
  return from + Math.round(days * DAY_MS);
}

/**
 * `good`; `ending` good, and its end is near; `expired`; `maker-barred` whoever made it could not make it now (disabled, of
 * another role or unit), and it is good again as soon as they can; `revoked`.
 */
export type LinkState = 'good' | 'ending' | 'expired' | 'maker-barred' | 'revoked';

export function stateOf(
  link: { expiresAt: number; revokedAt: number | null },
  makerMay: boolean,
  now: number,
): LinkState {
  if (link.revokedAt !== null) return 'revoked';
  if (now >= link.expiresAt) return 'expired';
  if (!makerMay) return 'maker-barred';
  return link.expiresAt - now <= ENDING_MS ? 'ending' : 'good';
}

export function isGood(state: LinkState): boolean {
  return state === 'good' || state === 'ending';
}
