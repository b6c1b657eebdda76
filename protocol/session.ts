/** Who is signed in, and what the HTTP API says about accounts, sessions, links and the audit. */
import { type Static, Type } from 'typebox';
import { NullableNumber, NullableString, oneOf } from './score.ts';

/**
 * `administrator` everything; `operator` the whole city; `unit-manager` one subtree, and nothing outside it; `technician`
 * terminals and what they send; `auditor` reads everything and changes nothing.
 */
export const ROLES = ['administrator', 'operator', 'unit-manager', 'technician', 'auditor'] as const;
export const Role = oneOf(ROLES);
export type Role = (typeof ROLES)[number];

/** What a person types in, so no capitals. */
export const ACCOUNT_NAME_PATTERN = '^[a-z0-9][a-z0-9._-]{1,31}$';
export const PASSWORD_CHARS = { min: 12, max: 128 } as const;

/** `GET` and `POST /api/v1/session`. A wall's session is that of its link: `name` is the link's id, `displayName` its name. */
export const Session = Type.Object({
  account: Type.Object({
    name: Type.String(),
    displayName: Type.String(),
    role: oneOf([...ROLES, 'wall']),
    /** The unit whose subtree is all there is to see; null for the whole city. */
    unitId: NullableString,
  }),
  /** Until the password is changed, every route but those of the session answers `password-change-required`. */
  mustChangePassword: Type.Boolean(),
  /** When it ends, however much it is used; a wall's with its link, which may also be revoked or extended. */
  expiresAt: Type.Integer(),
});
export type Session = Static<typeof Session>;

export const SignIn = Type.Object(
  { name: Type.String({ maxLength: 64 }), password: Type.String({ maxLength: 512 }) },
  { additionalProperties: false },
);
export type SignIn = Static<typeof SignIn>;

/** What a wall opens its session with. */
export const LinkSignIn = Type.Object(
  { linkToken: Type.String({ maxLength: 128 }) },
  { additionalProperties: false },
);
export type LinkSignIn = Static<typeof LinkSignIn>;

export const PasswordChange = Type.Object(
  { current: Type.String({ maxLength: 512 }), next: Type.String({ maxLength: 512 }) },
  { additionalProperties: false },
);
export type PasswordChange = Static<typeof PasswordChange>;

/** One line of `GET /api/v1/sessions`. */
export const SessionItem = Type.Object({
  id: Type.String(),
  account: Type.String(),
  createdAt: Type.Integer(),
  lastUsedAt: Type.Integer(),
  address: Type.String(),
  userAgent: Type.String(),
  /** The one that asks. */
  current: Type.Boolean(),
});
export type SessionItem = Static<typeof SessionItem>;

/** One line of `GET /api/v1/accounts`. */
export const AccountItem = Type.Object({
  name: Type.String(),
  displayName: Type.String(),
  role: Role,
  unitId: NullableString,
  mustChangePassword: Type.Boolean(),
  createdAt: Type.Integer(),
  disabledAt: NullableNumber,
});
export type AccountItem = Static<typeof AccountItem>;

/** One line of `GET /api/v1/links`. */
export const LinkItem = Type.Object({
  id: Type.String(),
  kind: oneOf(['wall', 'metrics', 'source']),
  name: Type.String(),
  unitId: NullableString,
  createdAt: Type.Integer(),
  createdBy: Type.String(),
  lastUsedAt: NullableNumber,
  expiresAt: Type.Integer(),
  revokedAt: NullableNumber,
  /**
   * `good`; `ending` within 30 days; `expired`; `revoked`; `maker-barred`: whoever made it (or extended it last) may not make
   * such a link now, and it is good again as soon as they may.
   */
  state: oneOf(['good', 'ending', 'expired', 'maker-barred', 'revoked']),
});
export type LinkItem = Static<typeof LinkItem>;

/** A live stream is closed with this code when its session or link is no longer good: sign in again. */
export const SESSION_ENDED_CLOSE_CODE = 4401;
