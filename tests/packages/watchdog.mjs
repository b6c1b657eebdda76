/** Programs that live but do nothing: systemd hears no more that they work, and starts them again. No thanked press is lost by it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { until } from '../support/rig/until.mjs';
import { gatewayReady, logOf } from './counter.mjs';

/** Nobody waits a minute here. All else is the unit's own. */
const QUICK = '[Service]\nWatchdogSec=6\nTimeoutAbortSec=3\n';
const RESTART = { timeoutMs: 60_000 };

/** @typedef {import('./debian.mjs').Debian} Debian */
/** @typedef {import('./counter.mjs').Counter} Counter */

export async function told(/** @type {Debian} */ debian) {
  const figures = [];
  for (const name of ['manyi-terminal', 'manyi-gateway']) {
    const show = await debian.sh(
      `systemctl show -p Type -p WatchdogUSec -p NRestarts -p ActiveState ${name}`,
    );
    assert.match(show, /^Type=notify$/m);
    assert.match(show, /^ActiveState=active$/m);
    const [, within] = /^WatchdogUSec=(.+)$/m.exec(show) ?? [];
    assert.notEqual(within, '0');
    figures.push(`${name} every ${within}`);
    await debian.sh(`mkdir -p /etc/systemd/system/${name}.service.d
      printf '${QUICK.replaceAll('\n', '\\n')}' > /etc/systemd/system/${name}.service.d/quick.conf`);
  }
  await debian.sh('systemctl daemon-reload; systemctl restart manyi-gateway manyi-terminal');
  // They are started when they are ready, not before.
  await gatewayReady(debian);
  // Three of their watchdog's times.
  await debian.sh('sleep 20');
  const quiet = (await restarts(debian, 'manyi-terminal')) + (await restarts(debian, 'manyi-gateway'));
  assert.equal(quiet, 0, 'what works is left alone');
  return figures.join(', ');
}

/** The unit's own times again. */
export async function asBefore(/** @type {Debian} */ debian) {
  for (const name of ['manyi-terminal', 'manyi-gateway'])
    await debian.sh(
      `cd /etc/systemd/system; rm ${name}.service.d/quick.conf; rmdir ${name}.service.d 2>/dev/null || true`,
    );
  await debian.sh('systemctl daemon-reload; systemctl restart manyi-gateway manyi-terminal');
  await gatewayReady(debian);
}

const restarts = async (/** @type {Debian} */ debian, /** @type {string} */ name) =>
  Number(await debian.sh(`systemctl show -p NRestarts --value ${name}`));
const mainPid = (/** @type {Debian} */ debian, /** @type {string} */ name) =>
  debian.sh(`systemctl show -p MainPID --value ${name}`);

async function restartedByWatchdog(/** @type {Debian} */ debian, /** @type {string} */ name, before = 0) {
  const began = performance.now();
  await until(`${name} is started again`, async () => (await restarts(debian, name)) > before, RESTART);
  await until(
    '… and is ready',
    async () => (await debian.tried(`systemctl is-active ${name}`)).code === 0,
    RESTART,
  );
  assert.match(await logOf(debian, name), /Watchdog timeout/);
  return `again after ${((performance.now() - began) / 1000).toFixed(1)} s`;
}

/** Its event loop stands still: nothing is read, nothing thanked. */
export async function stopped(
  /** @type {Debian} */ debian,
  /** @type {Counter} */ counter,
  /** @type {string} */ name,
) {
  const before = await restarts(debian, name);
  process.kill(Number(debian.pidOutside(await mainPid(debian, name))), 'SIGSTOP');
  const said = await restartedByWatchdog(debian, name, before);
  await gatewayReady(debian);
  await counter.press(0);
  await counter.settle();
  return said;
}

/** The card takes a write and never says that it is done: that citizen is not thanked, and the next one is. */
export async function hungCard(/** @type {Debian} */ debian, /** @type {Counter} */ counter) {
  const before = await restarts(debian, 'manyi-terminal');
  const thanked = await counter.thanked();
  const pid = debian.pidOutside(await mainPid(debian, 'manyi-terminal'));
  const calls = 'fsync,fdatasync';
  const strace = spawn(
    'strace',
    ['-f', '-qq', '-p', pid, '-e', `trace=${calls}`, '-e', `inject=${calls}:delay_enter=600000000`],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let seen = '';
  strace.stderr.setEncoding('utf8').on('data', (text) => {
    seen += text;
  });
  const ended = once(strace, 'exit');
  try {
    await until('strace holds the agent', () => isTraced(pid), { why: () => seen });
    await counter.pushInVain(1);
    // Whom strace holds cannot die of a signal. A disk that hangs holds just so; systemd then goes on without waiting for it.
    const isKilled = async () => /signal SIGKILL/.test(await logOf(debian, 'manyi-terminal'));
    await until('systemd has killed it', isKilled, RESTART);
    strace.kill('SIGKILL');
    const said = await restartedByWatchdog(debian, 'manyi-terminal', before);
    assert.equal(await counter.thanked(), thanked, 'nobody was thanked for what may not be on the card');
    await counter.press(2);
    await counter.settle();
    return said;
  } finally {
    strace.kill('SIGKILL');
    await ended;
  }
}

const isTraced = (/** @type {string} */ pid) =>
  /^TracerPid:\s+[1-9]/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
