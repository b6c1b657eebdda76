/** Boots the guest in QEMU and speaks with the hand in it. Software emulation: no KVM, no root, the same everywhere. */
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { until } from '../support/rig/until.mjs';

const CONSOLE_LINES = 60;
/** A kernel that says nothing for so long on its way up has stopped; it takes ten seconds, and several times that on a busy machine. */
const SILENT_MS = 60_000;
const UP_MS = 240_000;
const TRIES = 3;

/** The guest stands still before any of the product runs in it. */
class StoppedInBoot extends Error {}

/**
 * @typedef {object} Guest
 * @property {(op: string, request?: object, timeoutMs?: number) => Promise<any>} ask one request to guest/hand.mjs
 * @property {EventEmitter} events `log`, `exit` and `lamp`, as guest/hand.mjs tells them
 * @property {() => string} consoleTail
 * @property {() => Promise<void>} cutPower ends the machine as a power cut would: nothing is flushed, nobody is told
 */

/**
 * @param {object} options
 * @param {{kernel: string, initrd: string}} options.image
 * @param {string} options.app the checkout, built
 * @param {string} options.tools mounted at /tools
 * @param {string} options.card file with an ext4 file system
 * @param {string} options.folder for sockets
 * @param {(text: string) => void} say is told of every boot that stops half-way, with the console
 * @returns {Promise<Guest>}
 */
export async function boot(options, say) {
  for (let tried = 1; ; tried++) {
    const folder = path.join(options.folder, `try-${tried}`);
    fs.mkdirSync(folder);
    try {
      return await bootOnce({ ...options, folder });
    } catch (error) {
      if (!(error instanceof StoppedInBoot) || tried === TRIES) throw error;
      say(`the emulated machine stopped in its boot and is switched on again: ${error.message}`);
    }
  }
}

/** @param {Parameters<typeof boot>[0]} options */
async function bootOnce({ image, app, tools, card, folder }) {
  const socket = path.join(folder, 'hand.sock');
  const server = net.createServer().listen(socket);
  await once(server, 'listening');
  const qemu = spawn('qemu-system-x86_64', qemuArguments({ image, app, tools, card, socket }), {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const killOnExit = () => qemu.kill('SIGKILL');
  process.once('exit', killOnExit);

  /** @type {string[]} */
  const tail = [];
  const events = new EventEmitter();
  let heardAt = performance.now();
  for (const stream of [qemu.stdout, qemu.stderr]) {
    stream.on('data', () => {
      heardAt = performance.now();
    });
    onLines(stream, (line) => tail.push(line.replace(/\r/g, '')) > CONSOLE_LINES && tail.shift());
  }
  let ended = false;
  qemu.once('error', (error) => tail.push(String(error)));
  qemu.once('close', () => {
    ended = true;
    process.off('exit', killOnExit);
    server.close();
  });

  /** @type {Map<number, {resolve: (result: any) => void, reject: (error: Error) => void}>} */
  const asked = new Map();
  /** @type {net.Socket | undefined} */
  let hand;
  let up = false;
  server.once('connection', (connection) => {
    hand = connection.on('error', () => {});
    onLines(connection, (line) => {
      const { id, event, error, result, ...rest } = JSON.parse(line);
      if (event === 'up') up = true;
      else if (event) events.emit(event, rest);
      else if (error) asked.get(id)?.reject(new Error(error));
      else asked.get(id)?.resolve(result);
    });
  });

  let lastId = 0;
  /** @type {Guest} */
  const guest = {
    events,
    consoleTail: () => tail.join('\n'),
    async ask(op, request = {}, timeoutMs = 30_000) {
      const id = ++lastId;
      const answer = new Promise((resolve, reject) => asked.set(id, { resolve, reject }));
      const timer = setTimeout(() => asked.get(id)?.reject(new Error(`No answer to ${op}`)), timeoutMs);
      hand?.write(`${JSON.stringify({ id, op, ...request })}\n`);
      return answer.finally(() => {
        clearTimeout(timer);
        asked.delete(id);
      });
    },
    async cutPower() {
      qemu.kill('SIGKILL');
      await until('QEMU ends', () => ended);
    },
  };
  const why = () => `Console:\n${guest.consoleTail()}`;
  const isSilent = () => performance.now() - heardAt > SILENT_MS;
  await until('the guest is up', () => up || ended || isSilent(), { timeoutMs: UP_MS, why });
  if (ended) throw new Error(`The guest ended at once. ${why()}`);
  if (up) return guest;
  await guest.cutPower();
  throw new StoppedInBoot(`It said nothing for ${SILENT_MS / 1000} s. ${why()}`);
}

/** @param {{image: {kernel: string, initrd: string}, app: string, tools: string, card: string, socket: string}} options */
function qemuArguments({ image, app, tools, card, socket }) {
  const shares = { usr: '/usr', app, node: path.dirname(process.execPath), tools };
  return [
    ...['-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '2', '-m', '768'],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-serial', 'stdio'],
    ...['-kernel', image.kernel, '-initrd', image.initrd],
    ...['-append', 'console=ttyS0 loglevel=7 panic=-1 mitigations=off tsc=reliable'],
    ...Object.entries(shares).flatMap(([tag, folder]) => [
      '-virtfs',
      `local,path=${folder},mount_tag=${tag},security_model=none,readonly=on,multidevs=remap`,
    ]),
    ...['-drive', `file=${card},if=virtio,format=raw`],
    ...['-netdev', 'user,id=net', '-device', 'virtio-net-pci,netdev=net,romfile='],
    ...['-chardev', `socket,id=hand,path=${socket}`],
    ...['-device', 'virtio-serial-pci', '-device', 'virtserialport,chardev=hand,name=hand'],
  ];
}

/**
 * @param {import('node:stream').Readable} stream
 * @param {(line: string) => void} take
 */
export function onLines(stream, take) {
  let rest = '';
  stream.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  });
}
