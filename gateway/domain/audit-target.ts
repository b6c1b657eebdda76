/** What something was done to, as a line of the audit names it. Nobody reads it back: it is shown. */

export type AuditTarget =
  | { kind: 'account'; name: string }
  | {
      kind:
        | 'session'
        | 'link'
        | 'unit'
        | 'window'
        | 'terminal'
        | 'exclusion'
        | 'alert'
        | 'review'
        | 'alert-target';
      id: string;
    }
  | { kind: 'journal'; terminalId: string; epoch: string }
  | { kind: 'vote'; terminalId: string; epoch: string; seq: number }
  /** A system that votes come from; `unitId` null: of the whole city. */
  | { kind: 'origin'; name: string; unitId: string | null }
  | { kind: 'vote'; name: string; unitId: string | null; key: string }
  | { kind: 'publication'; id: string; version: number }
  | { kind: 'backup'; folder: string }
  /** A name that no account has, and that is not written. */
  | { kind: 'account-unknown' }
  /** All of them. */
  | {
      kind:
        | 'quarantine'
        | 'votes'
        | 'rollups'
        | 'rules'
        | 'alerts'
        | 'alert-rules'
        | 'privacy'
        | 'data'
        | 'keys';
    };

export function writeTarget(target: AuditTarget): string {
  switch (target.kind) {
    case 'account':
      return `account:${target.name}`;
    case 'session':
    case 'link':
    case 'unit':
    case 'window':
    case 'terminal':
    case 'exclusion':
    case 'alert':
    case 'alert-target':
    case 'review':
      return `${target.kind}:${target.id}`;
    case 'journal':
      return `journal:${target.terminalId}/${target.epoch}`;
    case 'vote':
      return 'key' in target
        ? `vote:${target.unitId ?? ''}/${target.name}/${target.key}`
        : `vote:${target.terminalId}/${target.epoch}/${target.seq}`;
    case 'origin':
      return `origin:${target.unitId ?? ''}/${target.name}`;
    case 'publication':
      return `publication:${target.id}/${target.version}`;
    case 'backup':
      return `backup:${target.folder}`;
    case 'account-unknown':
      return 'account:?';
    case 'quarantine':
    case 'votes':
    case 'rollups':
    case 'rules':
    case 'alerts':
    case 'alert-rules':
    case 'privacy':
    case 'data':
    case 'keys':
      return target.kind;
  }
}
