/** The keys that all gateways of a province have in common, as far as they are files: beside a database that is the key of its seal. */
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

const KEYS = ['seal.key'];

/** What is there already stays. */
export function shareKeys(from: string, to: string): void {
  for (const key of KEYS) {
    const [source, target] = [join(from, key), join(to, key)];
    if (!existsSync(source) || existsSync(target)) continue;
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    copyFileSync(source, target);
  }
}
