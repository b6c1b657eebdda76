/** Why something is refused that was asked about units, terminals, journals or votes: a stable code, for programs. */
export type OrgCode =
  | 'id-taken'
  | 'name-taken'
  | 'unit-unknown'
  | 'window-unknown'
  | 'terminal-unknown'
  | 'certificate-unknown'
  | 'certificate-revoked'
  | 'journal-unknown'
  | 'journal-of-other-terminal'
  | 'journal-unreadable'
  | 'journal-closed'
  | 'file-missing'
  | 'exclusion-unknown'
  | 'exclusion-ended'
  | 'commands-too-many'
  | 'reason-invalid';
