/** What holds before a program has read its own settings. */

/** Whether whoever started the program wants to see where in it a fault was. */
export function wantsStacks(): boolean {
  return ['debug', 'trace'].includes(process.env.MANYI_LOG_LEVEL ?? '');
}
