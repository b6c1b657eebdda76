/** Who may do what, without knowing how they showed who they are. */
import { ROLES, type Role } from '../../protocol/session.ts';
import type { ReviewStep } from './review-steps.ts';

/** What a link is for: a screen that shows the wall, a Prometheus that reads the metrics, or a system that votes come from. */
export const LINK_KINDS = ['wall', 'metrics', 'source'] as const;
export type LinkKind = (typeof LINK_KINDS)[number];

export type Standing = Role | LinkKind;

/** `public`: anybody, signed in or not. */
export type Who = 'public' | readonly Standing[];

export type Answer = 'yes' | 'sign-in-required' | 'role-insufficient';

/** @param standing null for somebody who is not signed in */
export function mayDo(who: Who, standing: Standing | null): Answer {
  if (who === 'public') return 'yes';
  if (standing === null) return 'sign-in-required';
  return who.includes(standing) ? 'yes' : 'role-insufficient';
}

/**
 * What takes votes out of a score, or puts them back, is not for whoever is measured by it: a unit's own manager may say what should be
 * done, and others do it.
 */
const REVIEWERS: readonly Role[] = ['administrator', 'operator'];

export function mayReview(step: ReviewStep, role: Role): boolean {
  return REVIEWERS.includes(role) || (step === 'propose' && role === 'unit-manager');
}

/** A unit manager without a unit would see the whole city, and nobody else is bound to one. */
export function needsUnit(role: Role): boolean {
  return role === 'unit-manager';
}

export function isRole(text: string): text is Role {
  return (ROLES as readonly string[]).includes(text);
}
