/** What lies where after an installation, whose it is, and how much its services may. */
import assert from 'node:assert/strict';

/** The most that `systemd-analyze security` may find, in tenths. */
const EXPOSURE_TENTHS = { 'manyi-terminal': 20, 'manyi-gateway': 25 };
const OWNED = [
  ['/etc/manyi/terminal.env', '640 root:root'],
  ['/etc/manyi/gateway.env', '640 root:manyi-gateway'],
  ['/var/lib/manyi-terminal', '700 manyi-terminal:manyi-terminal'],
  ['/var/lib/manyi-gateway', '700 manyi-gateway:manyi-gateway'],
  ['/var/lib/manyi-gateway/manyi.db', '600 manyi-gateway:manyi-gateway'],
  ['/var/backups/manyi', '700 manyi-gateway:manyi-gateway'],
  ['/usr/bin/manyi', '755 root:root'],
];
const NAMES = 'manyi-runtime manyi-terminal manyi-gateway';

/** @typedef {import('./debian.mjs').Debian} Debian */

export async function files(/** @type {Debian} */ debian) {
  assert.equal(await debian.sh(`dpkg --verify ${NAMES}`), '', 'every file is as it was packed');
  // Shared folders of the system are its own.
  const odd = `for f in $(dpkg -L ${NAMES} | sort -u); do
    [ -d "$f" ] || [ -L "$f" ] || find "$f" \\( ! -user root -o -perm /022 \\) -print
  done`;
  assert.equal(await debian.sh(odd), '', 'everything installed is root’s, and root alone may write it');
  for (const [path, wanted] of OWNED)
    assert.equal(await debian.sh(`stat -c '%a %U:%G' ${path}`), wanted, path);
  const count = await debian.sh(`dpkg -L ${NAMES} | wc -l`);
  return `${count} paths, ${await debian.sh(`dpkg-query -W -f '\${Installed-Size} ' ${NAMES}`)} KiB`;
}

export async function users(/** @type {Debian} */ debian) {
  const groups = (await debian.sh('id -nG manyi-terminal')).split(' ').sort().join(' ');
  assert.equal(groups, 'dialout gpio input manyi-terminal video');
  assert.equal(await debian.sh('id -nG manyi-gateway'), 'manyi-gateway');
  for (const user of ['manyi-terminal', 'manyi-gateway']) {
    const [, , id, , , , shell] = (await debian.sh(`getent passwd ${user}`)).split(':');
    assert.match(String(shell), /nologin$/);
    assert.ok(Number(id) < 1000, 'a user of the system');
  }
  return groups;
}

export async function units(/** @type {Debian} */ debian) {
  const figures = [];
  for (const [name, tenths] of Object.entries(EXPOSURE_TENTHS)) {
    assert.equal((await debian.tried(`systemd-analyze verify --man=no ${name}.service`)).said, '');
    const how = `systemd-analyze security --offline=true --threshold=${tenths} ${name}.service`;
    const { code, said } = await debian.tried(how);
    assert.equal(code, 0, said);
    figures.push(`${name} ${/exposure level[^:]*: ([\d.]+)/.exec(said)?.[1]}`);
  }
  return `exposure: ${figures.join(', ')}`;
}

/** The restrictions are those of the running processes, not only of a file. */
export async function restrictions(/** @type {Debian} */ debian) {
  const figures = [];
  for (const name of Object.keys(EXPOSURE_TENTHS)) {
    const status = await debian.sh(`cat /proc/$(systemctl show -p MainPID --value ${name})/status`);
    const value = (/** @type {string} */ field) => new RegExp(`^${field}:\\s+(\\S+)`, 'm').exec(status)?.[1];
    assert.equal(value('Uid'), await debian.sh(`id -u ${name}`));
    assert.equal(value('CapEff'), '0000000000000000');
    assert.equal(value('NoNewPrivs'), '1');
    assert.equal(value('Seccomp'), '2');
    figures.push(`${name} ${Math.round(Number(value('VmRSS')) / 1024)} MiB`);
  }
  return `own users, no capability, filtered calls; memory: ${figures.join(', ')}`;
}
