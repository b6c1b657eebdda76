/**
 * The tools of libgpiod 2, whose `gpiomon` has other flags than the 1.6 of Debian 12. They come from Debian 13 with their own
 * C library beside them, and are installed nowhere.
 */
import fs from 'node:fs';
import path from 'node:path';
import { cached, run, runPipe } from '../support/rig/shell.mjs';

const SUITE = 'trixie';
const TOOLS = ['gpiomon', 'gpioset', 'gpioget', 'gpioinfo', 'gpiodetect'];
const LOADER = 'ld-linux-x86-64.so.2';

/** @returns {Promise<string>} a folder with bin/gpiomon…, meant to be mounted at /tools */
export function fetchLibgpiod2() {
  return cached('gpio-vm/libgpiod-2', async (made, scratch) => {
    await download(scratch);
    await runPipe('for p in *.deb; do dpkg-deb -x $p root; done', scratch);
    for (const folder of ['bin', 'lib', 'programs']) fs.mkdirSync(path.join(made, folder));
    await runPipe(
      `cp -L root/usr/lib/x86_64-linux-gnu/{${LOADER},libc.so.6,libgpiod.so.3} ${made}/lib/`,
      scratch,
    );
    for (const tool of TOOLS) {
      fs.copyFileSync(path.join(scratch, 'root/usr/bin', tool), path.join(made, 'programs', tool));
      const call = `/tools/lib/${LOADER} --library-path /tools/lib /tools/programs/${tool}`;
      fs.writeFileSync(path.join(made, 'bin', tool), `#!/bin/sh\nexec ${call} "$@"\n`, { mode: 0o755 });
    }
  });
}

/** With package lists of its own: the machine's configuration of apt is neither read nor changed. */
async function download(/** @type {string} */ scratch) {
  fs.mkdirSync(path.join(scratch, 'state/lists/partial'), { recursive: true });
  fs.mkdirSync(path.join(scratch, 'cache/archives/partial'), { recursive: true });
  fs.writeFileSync(path.join(scratch, 'status'), '');
  const keys = '/usr/share/keyrings/debian-archive-keyring.gpg';
  const source = `deb [signed-by=${keys}] http://deb.debian.org/debian ${SUITE} main\n`;
  fs.writeFileSync(path.join(scratch, 'sources.list'), source);
  const settings = {
    'Dir::Etc::sourcelist': path.join(scratch, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State': path.join(scratch, 'state'),
    'Dir::State::status': path.join(scratch, 'status'),
    'Dir::Cache': path.join(scratch, 'cache'),
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  await run('apt-get', ['-qq', ...options, 'update'], { cwd: scratch });
  await run('apt-get', ['-qq', ...options, 'download', 'gpiod', 'libgpiod3', 'libc6'], { cwd: scratch });
}
