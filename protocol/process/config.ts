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
