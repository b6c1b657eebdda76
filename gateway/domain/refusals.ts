/** Why something is refused that was asked about units, terminals, journals or votes: a stable code, for programs. */
export type OrgCode =
  | 'id-taken'
  | 'name-taken'
  | 'unit-unknown'
  | 'unit-below-itself'
  | 'place-same'
  | 'name-same'
  | 'text-invalid'
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
  | 'reason-invalid'
  | 'alert-unknown'
  | 'alert-closed'
  | 'rule-past'
  | 'privacy-invalid'
  | 'preview-busy'
  | 'preview-too-large'
  | SettingFaultCode;

/** Why rules of verdicts or opening hours are refused as they are configured. */
export type SettingFaultCode =
  | 'rule-invalid'
  | 'rule-incomplete'
  | 'rule-unreachable'
  | 'rule-date-invalid'
  | 'rule-span-reversed'
  | 'rule-version-taken'
  | 'alert-rule-invalid'
  | 'alert-rule-flaps'
  | 'hours-week-invalid'
  | 'hours-time-invalid'
  | 'hours-empty'
  | 'hours-across-midnight'
  | 'hours-overlap'
  | 'hours-never-open'
  | 'hours-date-invalid'
  | 'hours-date-twice'
  | 'hours-grace-invalid'
  | 'hours-jurisdiction-unknown'
  | 'hours-too-many';

/** One of them: where it is, and what to do. */
export type SettingFault = { code: SettingFaultCode; field: string; message: string };
