/** Whoever asks: an account in a session, or the holder of a link. */
import type { Role } from '../../protocol/session.ts';
import type { Actor } from './actor.ts';
import type { LinkKind } from './roles.ts';

export type Principal = AccountPrincipal | LinkPrincipal;

export type AccountPrincipal = {
  kind: 'account';
  name: string;
  sessionId: string;
  standing: Role;
  /** The unit whose subtree is all it sees; null for the whole city. */
  unitId: string | null;
  mustChangePassword: boolean;
};

export type LinkPrincipal = {
  kind: 'link';
  id: string;
  name: string;
  standing: LinkKind;
  unitId: string | null;
};

/** What somebody came in with: what is limited a caller, is limited a credential. */
export type Credential = { kind: 'session' | 'link'; id: string };

export function actorOf(principal: Principal): Actor {
  return principal.kind === 'account'
    ? { kind: 'account', name: principal.name }
    : { kind: 'link', id: principal.id };
}

export function credentialOf(principal: Principal): Credential {
  return principal.kind === 'account'
    ? { kind: 'session', id: principal.sessionId }
    : { kind: 'link', id: principal.id };
}

export function isSameCredential(one: Credential, other: Credential): boolean {
  return one.kind === other.kind && one.id === other.id;
}

/** A key a credential, for what is counted by it. */
export function credentialKey({ kind, id }: Credential): string {
  return `${kind}:${id}`;
}
