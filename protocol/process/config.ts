/** What holds before a program has read its own settings. */
import { oneOf } from './setting-readers.ts';
import { setting } from './settings.ts';

export const LOG_LEVEL = setting(
  'MANYI_LOG_LEVEL',
  'info',
  'trace, debug, info, warn, error or silent',
  oneOf('trace', 'debug', 'info', 'warn', 'error', 'silent'),
);

/** Whether whoever started the program wants to see where in it a fault was. */
export function wantsStacks(): boolean {
  return ['debug', 'trace'].includes(process.env[LOG_LEVEL.name] ?? '');
}

export type ServiceManagerAsked = {
  /** Within so long it wants to hear that the program works; null: it does not watch. */
  watchdogMs: number | null;
};

/** What systemd gives to a service that is to speak to it (sd_notify(3), sd_watchdog_enabled(3)); null where nobody asks. */
export function serviceManagerAsked(environment = process.env): ServiceManagerAsked | null {
  const { NOTIFY_SOCKET = '', WATCHDOG_USEC = '', WATCHDOG_PID = '' } = environment;
  if (NOTIFY_SOCKET === '') return null;
  const isOurs = WATCHDOG_PID === '' || WATCHDOG_PID === String(process.pid);
  const watched = isOurs && /^[1-9]\d{0,14}$/.test(WATCHDOG_USEC);
  return { watchdogMs: watched ? Number(WATCHDOG_USEC) / 1000 : null };
}
