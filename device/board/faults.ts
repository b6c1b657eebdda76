/** What is wrong now, by source (an input's name or `journal`) and code. Each change is logged once. */
import type { InputFault } from '../inputs/input.ts';
import type { Log } from '../log.ts';

export type Faults = {
  set(source: string, fault: InputFault): void;
  /** Takes back everything that was said of a source. */
  clear(source: string): void;
  /** Codes by source; a source without a fault is not in it. */
  list(): Record<string, string[]>;
};

export function createFaults(log: Log): Faults {
  const bySource = new Map<string, Map<string, string>>();
  const faults: Faults = {
    set(source, { code, message, active }) {
      const known = bySource.get(source) ?? new Map<string, string>();
      if (known.has(code) === active) return;
      if (active) known.set(code, message);
      else known.delete(code);
      bySource.set(source, known);
      if (active) log.warn({ source, code }, message);
      else log.info({ source, code }, 'fault is over');
    },
    clear(source) {
      for (const code of bySource.get(source)?.keys() ?? [])
        faults.set(source, { code, message: '', active: false });
    },
    list() {
      const present = [...bySource].filter(([, known]) => known.size > 0);
      return Object.fromEntries(present.map(([source, known]) => [source, [...known.keys()]]));
    },
  };
  return faults;
}
