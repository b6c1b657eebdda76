/**
 * What a service manager is told (sd_notify(3)): that the program does what it is for, that it still does, that it ends. Where none
 * asks, nothing happens. See README.md for why another program says it.
 */
import { execFile } from 'node:child_process';
import { serviceManagerAsked } from './config.ts';

/** Why the program does not do what it is for, and a new start may mend it; null while it does. It may take its time, but not for ever; it may not throw. */
export type Works = () => string | null | Promise<string | null>;

export type ServiceManager = {
  /** It does now; and `works` is asked as long as the program runs. */
  ready(works: Works): void;
  /** It ends, and nobody looks any more. */
  stopping(): void;
};

type Log = Record<'warn' | 'error' | 'info', (fields: object, message: string) => void>;

/** Twice may a word be lost, or a look take long, before the manager acts. */
const BEATS_A_WATCHDOG = 3;
const TELL_TIMEOUT_MS = 20_000;
/** Where nobody watches, that it is ready is said again so. */
const UNWATCHED_MS = 30_000;

export function createServiceManager(log: Log, asked = serviceManagerAsked()): ServiceManager {
  let timer: NodeJS.Timeout | undefined;
  let unheard = false;
  /** Until it is heard it is said again: a unit that is never ready is ended. */
  let isReadyHeard = false;
  let withheld: string | null = null;

  const hear = (error: Error | null): void => {
    if (error !== null && !unheard)
      log.warn({ code: 'service-manager-unheard' }, `systemd-notify did not work: ${error.message.trim()}`);
    unheard = error !== null;
  };
  const tell = (words: readonly string[], heard = () => {}): void => {
    try {
      execFile('systemd-notify', words, { timeout: TELL_TIMEOUT_MS }, (error) => {
        hear(error);
        if (error === null) heard();
      });
    } catch (error) {
      // Some failures of the system are thrown at once: of a card that dies, of a machine without memory.
      hear(error as Error);
    }
  };
  const ready = () => {
    isReadyHeard = true;
  };
  const tellItWorks = (): void =>
    isReadyHeard ? tell(['WATCHDOG=1']) : tell(['--ready', 'WATCHDOG=1'], ready);

  const beat = async (works: Works): Promise<void> => {
    const trouble = await works();
    if (trouble === null) {
      if (withheld !== null) log.info({ code: 'watchdog-withheld' }, 'works again');
      tellItWorks();
    } else if (trouble !== withheld)
      log.error({ code: 'watchdog-withheld' }, `does not work, and is to be started again: ${trouble}`);
    withheld = trouble;
  };

  return {
    ready(works) {
      if (asked === null) return;
      tell(['--ready'], ready);
      let looking = false;
      timer = setInterval(
        () => {
          // A look that does not end is not followed by another: nothing is said, and that is what the watchdog is for.
          if (looking || (asked.watchdogMs === null && isReadyHeard)) return;
          looking = true;
          void beat(works).finally(() => {
            looking = false;
          });
        },
        (asked.watchdogMs ?? UNWATCHED_MS) / BEATS_A_WATCHDOG,
      );
    },
    stopping() {
      clearInterval(timer);
      if (asked !== null) tell(['STOPPING=1']);
    },
  };
}
