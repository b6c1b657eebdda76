/** Who has done something. What it is in text, the audit and the columns that say who made something hold: here and nowhere else. */

export type Actor =
  | { kind: 'account'; name: string }
  | { kind: 'link'; id: string }
  | { kind: 'terminal'; id: string }
  /** The user of the operating system at the command line, and for whom: `root for chen`. */
  | { kind: 'cli'; user: string }
  | { kind: 'gateway' };

/** As it is read back. `unknown`: another gateway's word for somebody; it is shown as it stands and may nothing. */
export type RecordedActor = Actor | { kind: 'unknown'; text: string };

export function writeActor(actor: RecordedActor): string {
  switch (actor.kind) {
    case 'account':
      return `account:${actor.name}`;
    case 'link':
    case 'terminal':
      return `${actor.kind}:${actor.id}`;
    case 'cli':
      return `cli:${actor.user}`;
    case 'gateway':
      return 'gateway';
    case 'unknown':
      return actor.text;
  }
}

/** Of any text at all; `writeActor` gives the same text again. */
export function readActor(text: string): RecordedActor {
  if (text === 'gateway') return { kind: 'gateway' };
  // A user's name may hold colons: the first one ends the kind.
  const [, kind, name = ''] = /^([a-z]+):(.*)$/s.exec(text) ?? [];
  switch (kind) {
    case 'account':
      return { kind, name };
    case 'link':
    case 'terminal':
      return { kind, id: name };
    case 'cli':
      return { kind, user: name };
    default:
      return { kind: 'unknown', text };
  }
}

export function isSameActor(one: RecordedActor, other: RecordedActor): boolean {
  return writeActor(one) === writeActor(other);
}
