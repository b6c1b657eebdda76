/** What happens to packages over the years: newer, older, removed, purged, installed again. Votes and settings outlive all but one answer. */
import assert from 'node:assert/strict';
import { until } from '../support/rig/until.mjs';
import { gatewayReady, isActive, logOf } from './counter.mjs';

const BOTH = ['manyi-terminal', 'manyi-gateway'];
const RUNTIME = '/usr/lib/manyi-runtime/node';

/** @typedef {{ debian: import('./debian.mjs').Debian, counter: import('./counter.mjs').Counter }} Scene */
/** @typedef {{ older: string, newer: string, newest: string }} Versions */

/** Whoever has changed a file that the new version changes, too, is asked otherwise. */
const KEEP = '-o Dpkg::Options::=--force-confold';

const fileOf = (/** @type {string} */ name, /** @type {string} */ version) =>
  `/packages/${name}_${version}_amd64.deb`;

const settingsOf = (/** @type {Scene} */ { debian }) =>
  debian.sh('cat /etc/manyi/terminal.env /etc/manyi/gateway.env');

const versionsOf = (/** @type {Scene} */ { debian }) =>
  debian.sh(`dpkg-query -W -f '\${Version} ' ${BOTH.join(' ')}`);

const pidsOf = (/** @type {Scene} */ { debian }) =>
  debian.sh(`systemctl show -p MainPID --value ${BOTH.join(' ')} | xargs`);

/** Both go to `version`, with presses while it happens; nobody is asked, and nothing is lost. */
async function change(/** @type {Scene} */ scene, /** @type {string} */ version, how = '') {
  const { debian, counter } = scene;
  await debian.sh("printf '\\n# Ours.\\nMANYI_LOG_LEVEL=info\\n' >> /etc/manyi/gateway.env");
  const before = { settings: await settingsOf(scene), pids: await pidsOf(scene) };
  const began = performance.now();
  /** @type {Awaited<ReturnType<typeof debian.tried>> | undefined} */
  let done;
  const install = `apt-get install -y ${how} ${BOTH.map((name) => fileOf(name, version)).join(' ')} < /dev/null`;
  void debian.tried(install).then((result) => {
    done = result;
  });
  // Citizens go on. Whom the old agent or the new one thanks has voted.
  let pushed = 0;
  while (done === undefined) {
    await counter.push(0);
    pushed += 1;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  assert.equal(done.code, 0, done.said);
  const tookS = ((performance.now() - began) / 1000).toFixed(1);
  assert.equal(await versionsOf(scene), `${version} ${version} `.trim());
  assert.equal(await settingsOf(scene), before.settings);
  assert.notEqual(await pidsOf(scene), before.pids, 'what runs is what was installed');
  await gatewayReady(debian);
  await counter.press(1);
  const all = await counter.settle();
  return `${tookS} s, ${pushed} presses meanwhile; ${all}`;
}

export const upgrade = (/** @type {Scene} */ scene, /** @type {Versions} */ { newer }) =>
  change(scene, newer);

/** The settings of the new version are others, and so are those here: ours stay, the new ones lie beside them. */
export async function upgradeWithOtherSettings(
  /** @type {Scene} */ scene,
  /** @type {Versions} */ { newest },
) {
  const { debian, counter } = scene;
  const before = await settingsOf(scene);
  const file = fileOf('manyi-gateway', newest);
  await debian.sh(`apt-get install -y ${KEEP} ${file} < /dev/null`);
  assert.equal(await settingsOf(scene), before);
  assert.match(await debian.sh('cat /etc/manyi/gateway.env.dpkg-dist'), /A setting of tomorrow/);
  await gatewayReady(debian);
  await counter.press(2);
  return counter.settle();
}

export const downgrade = (/** @type {Scene} */ scene, /** @type {Versions} */ { older }) =>
  change(scene, older, `--allow-downgrades ${KEEP}`);

/** A database that a newer gateway has changed: the older one touches nothing, says so, and takes it again once that is undone. */
export async function newerDatabase({ debian, counter }) {
  const bump = (/** @type {number} */ by) =>
    debian.sh(`cd /usr/lib/manyi-gateway; systemctl stop manyi-gateway; ${RUNTIME} -e "
      const db = new (require('better-sqlite3'))('/var/lib/manyi-gateway/manyi.db');
      db.pragma('user_version = ' + (db.pragma('user_version', { simple: true }) + ${by})); db.close()";
      chown manyi-gateway: /var/lib/manyi-gateway/*; systemctl start --no-block manyi-gateway`);
  await bump(1);
  await until('the gateway refuses it', async () =>
    /storage-newer: [^\n]*newer gateway/.test(await logOf(debian, 'manyi-gateway')),
  );
  await counter.press(0, 2);
  await bump(-1);
  await gatewayReady(debian);
  return counter.settle();
}

/** Removed and installed again: stopped and gone in between, then as it was. */
export async function removeAndReturn(/** @type {Scene} */ scene, /** @type {Versions} */ { older }) {
  const { debian, counter } = scene;
  const before = await settingsOf(scene);
  await debian.sh(`apt-get remove -y ${BOTH.join(' ')}`);
  for (const name of BOTH) {
    assert.equal(await isActive(debian, name), false);
    assert.equal((await debian.tried(`test -e /usr/lib/${name}`)).code, 1);
    assert.equal(await debian.sh(`dpkg-query -W -f '\${db:Status-Status}' ${name}`), 'config-files');
    await debian.sh(`test -e /var/lib/${name}`);
  }
  assert.equal(await settingsOf(scene), before);
  assert.equal(await debian.sh('systemctl is-system-running'), 'running');
  await debian.sh(`apt-get install -y ${BOTH.map((name) => fileOf(name, older)).join(' ')}`);
  await gatewayReady(debian);
  await counter.press(1);
  return counter.settle();
}

/** Nobody could be asked: settings go, data stay; and who installs it again goes on where he was. */
export async function purgeKeepsData(/** @type {Scene} */ scene, /** @type {Versions} */ { older }) {
  const { debian, counter } = scene;
  const settings = '/etc/manyi/terminal.env /etc/manyi/gateway.env';
  await debian.sh(`mkdir /root/kept; cp -p ${settings} /root/kept`);
  const { code, said } = await debian.tried(`apt-get purge -y ${BOTH.join(' ')}`);
  assert.equal(code, 0, said);
  for (const name of BOTH) {
    assert.match(said, new RegExp(`${name}: the votes[^\\n]* stay in /var/lib/${name}`));
    await debian.sh(`test -n "$(ls /var/lib/${name})"`);
    assert.equal(
      (await debian.tried(`dpkg-query -W -f '\${db:Status-Status}' ${name}`)).said.includes('config-files'),
      false,
    );
  }
  assert.equal((await debian.tried('ls /etc/manyi')).code === 0, false);
  assert.equal(
    await debian.sh(
      'find /etc/systemd/system /usr/lib/systemd/system -name "manyi-terminal.service" -o -name "manyi-gateway.service"',
    ),
    '',
  );
  assert.equal(await debian.sh('debconf-show manyi-gateway manyi-terminal 2>/dev/null || true'), '');
  await debian.sh(`apt-get install -y ${BOTH.map((name) => fileOf(name, older)).join(' ')}`);
  await debian.sh('cp -p /root/kept/* /etc/manyi/; systemctl restart manyi-gateway manyi-terminal');
  await gatewayReady(debian);
  await counter.press(2);
  return counter.settle();
}

/** Somebody has said so: nothing of ours is left but the users, which own no file any more, and the backups. */
export async function purgeDeletesData(/** @type {Scene} */ { debian }) {
  await debian.sh('touch /var/backups/manyi/of-yesterday');
  const answers = BOTH.map((name) => `${name} ${name}/purge-data boolean true`).join('\n');
  await debian.sh(`debconf-set-selections <<'END'\n${answers}\nEND`);
  await debian.sh(`apt-get purge -y ${BOTH.join(' ')} manyi-runtime`);
  const left = await debian.sh(
    "find / -xdev \\( -name '*manyi*' -o -user manyi-gateway -o -user manyi-terminal \\) \
      ! -path '/proc/*' ! -path '/packages*' ! -path '/tmp/*' ! -path '/root/*' ! -path '/var/backups/manyi*' \
      ! -path '/etc/systemd/system/manyi-keys.socket' ! -path '/etc/systemd/system/manyi-terminal.service.d*' ! -path '/run/*' ! -path '/var/lib/systemd/*' ! -path '/var/log/journal/*' 2>/dev/null || true",
  );
  assert.equal(left, '');
  await debian.sh('test -e /var/backups/manyi/of-yesterday');
  assert.equal(await debian.sh('systemctl is-system-running'), 'running');
  return 'backups stay';
}
