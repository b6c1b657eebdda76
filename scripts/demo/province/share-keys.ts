/** The keys that all gateways of a province have: the authority that terminals trust, and the audit's. */
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

const KEYS = [join('pki', 'authority.pem'), 'audit.key'];

/** What is there already stays. */
export function shareKeys(from: string, to: string): void {
  for (const key of KEYS) {
    const target = join(to, key);
    if (existsSync(target)) continue;
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    copyFileSync(join(from, key), target);
  }
}
