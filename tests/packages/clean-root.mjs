/** A clean Debian: what debootstrap calls minimal, with systemd, and the packages that ours will ask for, downloaded. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { cached, run } from '../support/rig/shell.mjs';

const ARCHIVE = 'http://deb.debian.org/debian';
/** What the packages depend on or recommend; not installed. The containers have no network, so what is not named here fails there. */
const DEPENDENCIES = ['gpiod', 'ca-certificates', 'tzdata', 'debconf', 'libstdc++6', 'libgcc-s1'];
const BOOTSTRAP_MS = 15 * 60_000;

/** @returns {Promise<string>} a folder that is only to be copied */
export function cleanRoot(/** @type {string} */ suite) {
  const recipe = fs.readFileSync(new URL(import.meta.url));
  const key = createHash('sha256').update(recipe).digest('hex').slice(0, 12);
  return cached(`debian/${suite}-amd64-${key}`, async (made) => {
    await run('debootstrap', ['--variant=minbase', '--include=systemd-sysv', suite, made, ARCHIVE], {
      timeoutMs: BOOTSTRAP_MS,
    });
    const script = `apt-get -qq update && apt-get -qq -y install --download-only ${DEPENDENCIES.join(' ')}`;
    await run('chroot', [made, 'sh', '-ec', script], { timeoutMs: BOOTSTRAP_MS });
  });
}
