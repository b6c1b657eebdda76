/**
 * What happens at a counter, and to a terminal. A case leaves the agent and the gateway running; after each of them the
 * whole account is settled (terminal.mjs).
 */
import assert from 'node:assert/strict';
import { until } from '../support/rig/until.mjs';
import { hold } from './terminal.mjs';

/** @typedef {import('./terminal.mjs').Button} Button */
/** @typedef {import('./terminal.mjs').Wave} Wave */
/** @typedef {{terminal: import('./terminal.mjs').Terminal, gateway: import('./gateway.mjs').Gateway, machine: import('./machine.mjs').Machine}} Rig */
/** @typedef {{name: string, run: (rig: Rig) => Promise<void | string>, anyInput?: boolean, once?: boolean}} Case */

const BUTTONS = /** @type {Button[]} */ ([0, 1, 2]);
/** The agent's debounce: a level shorter than this is no press. */
const STABLE_MS = 30;
/** A held button is a fault from here on. */
const STUCK_MS = 10_000;
const STUCK_MARGIN_MS = 15_000;
/** Thanked presses before each power cut, and how many more fingers are ready. */
const POWER_CUTS_AFTER = [4, 1, 7];
const STREAM_PRESSES = 40;

/** @type {Case[]} */
export const CASES = [
  { name: 'plain presses of all three', run: plainPresses },
  { name: 'contacts that bounce', run: bouncingPresses },
  { name: 'a tap of 40 ms', run: shortTaps },
  { name: 'spikes shorter than the debounce', run: spikes },
  { name: 'two buttons at once', run: twoAtOnce },
  { name: 'a button that sticks', run: stuckButton },
  { name: 'presses while the gateway is down', run: gatewayDown, anyInput: true },
  { name: 'kill -9 of the agent between thanks and delivery', run: agentKilled },
  { name: 'power cut between thanks and delivery', run: powerCut, anyInput: true },
  { name: 'power cuts during a stream of presses', run: powerCutsWhilePressing, anyInput: true, once: true },
];

async function plainPresses(/** @type {Rig} */ { terminal }) {
  for (const button of [...BUTTONS, ...BUTTONS]) await terminal.press(button);
  terminal.assertSameThanks();
}

async function bouncingPresses(/** @type {Rig} */ { terminal }) {
  for (const button of BUTTONS) {
    const bounce = /** @type {Wave} */ ([1, 2, 1, 3, 2, 1, 4, 1].map((ms, i) => [button, i % 2 === 0, ms]));
    await terminal.press(button, [...bounce, [button, true, 150], [button, false, 2], ...bounce]);
  }
}

/** The shortest touch that is still a press. The tolerance is the debounce's, not ours: 40 ms is longer than 30. */
async function shortTaps(/** @type {Rig} */ { terminal }) {
  for (const button of BUTTONS) await terminal.press(button, hold(button, 40));
}

/** Static on the wire. The press at the end shows that everything before it has been judged. */
async function spikes(/** @type {Rig} */ { terminal }) {
  let slow = 0;
  for (const button of BUTTONS) {
    for (const ms of [1, 5, 12]) {
      const before = terminal.thanked();
      const [down = 0, up = 0] = await terminal.play([
        [button, true, ms],
        [button, false, 2 * STABLE_MS],
        [button, false, 0],
      ]);
      // An emulated machine may stop for a moment, and then the spike was a press.
      if (up - down < STABLE_MS - 5) continue;
      terminal.concede(button, terminal.thanked() - before);
      slow += 1;
    }
  }
  await terminal.press(1);
  return slow > 0 ? `${slow} of 9 spikes came out too long to judge` : undefined;
}

/** The first one counts, however close the second; both again after both are released. */
async function twoAtOnce(/** @type {Rig} */ { terminal }) {
  await terminal.press(1, [
    [1, true, 20],
    [2, true, 150],
    [1, false, 20],
    [2, false, 2 * STABLE_MS],
  ]);
  await terminal.press(2, [
    [2, true, 60],
    [0, true, 100],
    [0, false, 60],
    [0, true, 100],
    [2, false, 20],
    [0, false, 2 * STABLE_MS],
  ]);
  await terminal.press(0);
}

/** One vote, then a fault instead of votes; and all is well after the release. */
async function stuckButton(/** @type {Rig} */ { terminal }) {
  const from = terminal.log.length;
  await terminal.press(2, [[2, true, 0]]);
  const isStuck = (/** @type {any} */ { code, level }) => code === 'stuck-3' && level >= 40;
  await terminal.logged('the stuck button is a fault', isStuck, from, STUCK_MS + STUCK_MARGIN_MS);
  await terminal.pressInVain(hold(0, 150));
  await terminal.play([[2, false, 0]]);
  const isOver = (/** @type {any} */ { code, level }) => code === 'stuck-3' && level < 40;
  await terminal.logged('the fault is over', isOver, from);
  for (const button of BUTTONS) await terminal.press(button);
}

async function gatewayDown(/** @type {Rig} */ { terminal, gateway }) {
  await gateway.stop();
  for (const button of BUTTONS) await terminal.press(button);
  await gateway.start();
}

/** Only the agent dies, at once; a helper process it had is left behind as the kernel leaves it. */
async function agentKilled(/** @type {Rig} */ { terminal, gateway }) {
  await gateway.stop('SIGKILL');
  for (const button of BUTTONS) await terminal.press(button);
  await terminal.kill('SIGKILL');
  await terminal.start();
  await terminal.press(1);
  await gateway.start();
}

/** kill -9 tests no fsync, because the kernel's cache survives it. This does: what the card has is all there is. */
async function powerCut(/** @type {Rig} */ { terminal, gateway, machine }) {
  await gateway.stop();
  for (const button of BUTTONS) await terminal.press(button);
  await terminal.cutPower();
  await Promise.all([machine.powerOn(), gateway.start()]);
  await terminal.start();
  await terminal.settle();
  assert.ok(terminal.isRunning());
  for (const button of BUTTONS) await terminal.press(button);
}

/**
 * Fingers go on and on, and the power goes in the middle: of a write, of a thank-you, of a message. Nobody is asked to wait.
 * A press that got no thanks may be on the card or not; every press that got thanks is.
 */
async function powerCutsWhilePressing(/** @type {Rig} */ { terminal, gateway, machine }) {
  const before = terminal.thanked();
  for (const afterThanks of POWER_CUTS_AFTER) {
    // Offline once, so that the card alone has them; with the gateway there the other times.
    if (afterThanks === POWER_CUTS_AFTER[0]) await gateway.stop();
    const wanted = terminal.thanked() + afterThanks;
    terminal.pressOn(BUTTONS, STREAM_PRESSES);
    await until(`${wanted} presses are thanked`, () => terminal.thanked() >= wanted, { why: terminal.why });
    await terminal.cutPower();
    await Promise.all([machine.powerOn(), gateway.isUp() ? undefined : gateway.start()]);
    await terminal.start();
  }
  for (const button of BUTTONS) await terminal.press(button);
  const cutOff = await terminal.concedeCutOff(before);
  return `${terminal.thanked() - before} thanked, ${cutOff} more on the card when the power went`;
}
