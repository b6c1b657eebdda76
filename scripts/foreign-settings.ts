/** The environment without settings of the product: whoever has set some means a gateway of theirs, not one that a script starts. */
export function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('MANYI_')));
}
