import fs from 'node:fs';
import path from 'node:path';
import { isInstalled } from '../support/rig/shell.mjs';

/** Program → Debian package, as in scripts/setup.mjs. */
const PROGRAMS = {
  'qemu-system-x86_64': 'qemu-system-x86',
  'mkfs.ext4': 'e2fsprogs',
  gpiomon: 'gpiod',
  busybox: 'busybox-static',
  cpio: 'cpio',
  make: 'make',
  'gcc-12': 'gcc-12',
  strip: 'binutils',
  xz: 'xz-utils',
  'dpkg-deb': 'dpkg',
  'apt-get': 'apt',
};

/** @returns {string[]} what is not here and is needed, in words */
export function missingPrerequisites(/** @type {string} */ app) {
  const missing = Object.entries(PROGRAMS)
    .filter(([program]) => !isInstalled(program))
    .map(([program, debianPackage]) => `${program} is not installed (apt install ${debianPackage})`);
  if (process.platform !== 'linux' || process.arch !== 'x64')
    missing.push('this rig emulates x86-64 on Linux');
  for (const file of ['dist/terminal/main.js', 'dist/gateway/run/main.js', 'dist/gateway/run/manyi.js']) {
    if (!fs.existsSync(path.join(app, file))) missing.push(`${file} is not built (npm run build)`);
  }
  return missing;
}
