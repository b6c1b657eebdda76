/**
 * A program's settings: each has its name, its default, its help and its reader in one place. From the environment, checked
 * once, all mistakes told together, then frozen.
 */

export type Setting<T> = {
  name: string;
  /** As text, read like what people set; `` for none. */
  fallback: string;
  help: string;
  /** @throws Unfit for a value that cannot be. */
  read: (text: string) => T;
  /** Its value is taken as it is, blanks too, and never repeated, not even in a message about it. */
  secret: boolean;
};

export type Settings = Record<string, Setting<unknown>>;

export type ValuesOf<S extends Settings> = { [Key in keyof S]: ReturnType<S[Key]['read']> };

export type Environment = Record<string, string | undefined>;

/** The message says what can be. */
export class Unfit extends Error {}

export class ConfigError extends Error {
  readonly code = 'config-invalid';
}

export function setting<T>(
  name: string,
  fallback: string,
  help: string,
  read: (text: string) => T,
): Setting<T> {
  return { name, fallback, help, read, secret: false };
}

export function secret<T>(name: string, help: string, read: (text: string) => T): Setting<T> {
  return { name, fallback: '', help, read, secret: true };
}

/**
 * What is set to nothing counts as not set.
 * @param together says what is wrong between settings; of those that are wrong by themselves, the value is undefined
 * @throws ConfigError that names everything that is wrong.
 */
export function readSettings<S extends Settings>(
  settings: S,
  environment: Environment,
  together: (values: Partial<ValuesOf<S>>) => string[] = () => [],
): Readonly<ValuesOf<S>> {
  const mistakes: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, { name, fallback, read, secret }] of Object.entries(settings)) {
    const set = environment[name] ?? '';
    const text = set.trim() === '' ? fallback : secret ? set : set.trim();
    try {
      values[key] = read(text);
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      mistakes.push(`${name}${secret ? '' : `=${text}`}: ${error.message}`);
    }
  }
  mistakes.push(...together(values as Partial<ValuesOf<S>>));
  if (mistakes.length > 0) throw new ConfigError(mistakes.join('\n'));
  return Object.freeze(values as ValuesOf<S>);
}

/** A line a setting, for `--help`. */
export function helpOf(settings: Settings): string {
  const all = Object.values(settings);
  const width = Math.max(...all.map(({ name }) => name.length));
  return all
    .map(
      ({ name, fallback, help }) =>
        `  ${name.padEnd(width)}  ${help}${fallback === '' ? '' : ` [${fallback}]`}`,
    )
    .join('\n');
}
