/** The board under test: one guest at a time, and a card that outlives it. */
import { EventEmitter } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { run } from '../support/rig/shell.mjs';
import { boot } from './boot.mjs';

const CARD_BYTES = 128 << 20;

/** @typedef {Awaited<ReturnType<typeof createMachine>>} Machine */

/**
 * @param {object} options
 * @param {{kernel: string, initrd: string}} options.image
 * @param {string} options.app
 * @param {string} options.tools
 * @param {string} options.folder
 * @param {(text: string) => void} options.say
 */
export async function createMachine({ image, app, tools, folder, say }) {
  const card = path.join(folder, 'card.img');
  fs.writeFileSync(card, '');
  fs.truncateSync(card, CARD_BYTES);
  await run('/usr/sbin/mkfs.ext4', ['-q', '-F', card]);

  let boots = 0;
  /** @type {import('./boot.mjs').Guest | undefined} */
  let guest;
  /** The guest's events, whichever guest it is. */
  const events = new EventEmitter().setMaxListeners(100);

  return {
    events,
    async powerOn() {
      const sockets = path.join(folder, `boot-${++boots}`);
      fs.mkdirSync(sockets);
      guest = await boot({ image, app, tools, card, folder: sockets }, say);
      for (const name of ['log', 'exit', 'lamp']) guest.events.on(name, (event) => events.emit(name, event));
    },
    async cutPower() {
      await guest?.cutPower();
      guest = undefined;
    },
    /** @returns {Promise<any>} */
    ask(/** @type {string} */ op, /** @type {object} */ request = {}, timeoutMs = 30_000) {
      if (!guest) throw new Error('The power is off.');
      return guest.ask(op, request, timeoutMs);
    },
    isOn: () => guest !== undefined,
    consoleTail: () => guest?.consoleTail() ?? '',
  };
}
