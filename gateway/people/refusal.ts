/** A refusal of what somebody asked about accounts, sessions or links; the code is stable, the message says what to do. */
export class PeopleRefusal extends Error {
  readonly code: PeopleCode;
  /** When it is worth trying again. */
  readonly retryAfterS: number | null;
  constructor(code: PeopleCode, message: string, retryAfterS: number | null = null) {
    super(message);
    this.name = 'PeopleRefusal';
    this.code = code;
    this.retryAfterS = retryAfterS;
  }
}

export type PeopleCode =
  | 'credentials-wrong'
  | 'token-wrong'
  | 'sign-in-throttled'
  | 'sign-in-busy'
  | 'password-weak'
  | 'name-invalid'
  | 'display-name-invalid'
  | 'unit-required'
  | 'unit-not-for-role'
  | 'unit-unknown'
  | 'account-unknown'
  | 'administrator-last'
  | 'session-unknown'
  | 'link-unknown'
  | 'link-revoked'
  | 'role-insufficient'
  | 'links-too-many'
  | 'changes-too-many';
