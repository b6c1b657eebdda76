/** One sentence for whatever was thrown: a code that stays the same, and what to do. */
import { explainSystemError } from './system-fault.ts';

export type Told = { code: string; message: string };

/** A fault of the machine, or of how a program was started on it. */
export class HostFault extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'HostFault';
    this.code = code;
  }
}

/** Our codes are words in kebab-case; those of the system, of SQLite and of npm packages are not. */
const OUR_CODE = /^[a-z][a-z0-9]*(-[a-z0-9]+)+$/;

/** Total: it has an answer for anything. `internal` is what nobody has foreseen. */
export function tellFault(error: unknown): Told {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code === 'string' && OUR_CODE.test(code)) return { code, message: String(message) };
  return (
    explainSystemError(error) ?? {
      code: 'internal',
      message: `${firstLine(error)} (a mistake in the program: please report it; MANYI_LOG_LEVEL=debug shows where it was)`,
    }
  );
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.split('\n', 1)[0] as string;
}
