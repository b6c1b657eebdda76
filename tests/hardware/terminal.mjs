/**
 * One terminal under test: the real agent in the guest, three buttons and a lamp on a chip of its own, and the account of
 * what was pressed. `settle` holds the promise: pressed == thanked == stored, in every rating.
 */
import assert from 'node:assert/strict';
import { until } from '../support/rig/until.mjs';
import { parse } from './gateway.mjs';

export const RATINGS = /** @type {const} */ (['satisfied', 'basically', 'unsatisfied']);
/** Not in the order of the ratings, so that nobody can get away with mixing up offset and button. */
const OFFSETS = [2, 0, 5];
const LAMP = 7;
const LINES = 8;
const LOG_LINES = 40;
/** A thank-you is lit for longer than this, a blink of the refusal is shorter. */
const BLINK_LIMIT_MS = 600;
/** Dark for longer than between two blinks, also on a slow machine: nothing more comes. */
const REST_MS = 1_500;
/** Longer than the thank-you's own jitter in an emulated machine, shorter than any difference a person could see. */
const LAMP_TOLERANCE_MS = 250;

/** @typedef {0 | 1 | 2} Button */
/** @typedef {[button: Button, pressed: boolean, holdMs: number][]} Wave */
/**
 * @typedef {object} Driver
 * @property {string} name
 * @property {string} inputs
 * @property {boolean} activeLow
 * @property {string} [path] where the agent finds programs
 * @property {boolean} [main] the one that also has the cases which are long and the same for all
 * @property {boolean} [inputOnly] leaves out the cases that have nothing to do with the input
 */
/** @typedef {Awaited<ReturnType<typeof createTerminal>>} Terminal */

let panels = 0;
let windows = 0;
/** @type {Promise<{id: string}> | undefined} */
let unit;

/**
 * @param {object} options
 * @param {import('./machine.mjs').Machine} options.machine
 * @param {import('./gateway.mjs').Gateway} options.gateway
 * @param {Driver} options.driver
 */
export async function createTerminal({ machine, gateway, driver }) {
  unit ??= gateway.manyi('unit', 'add', '--name', 'Hardware hall');
  const { id: windowId } = await gateway.manyi(
    ...['window', 'add', '--unit', (await unit).id, '--name', `Window ${++windows}, ${driver.name}`],
  );
  const { id, code } = await gateway.manyi('terminal', 'add', '--window', windowId);

  /** Presses that have to become votes. */
  const pressed = { satisfied: 0, basically: 0, unsatisfied: 0 };
  /** @type {number[]} seq of each press that the agent says it thanked */
  const thanked = [];
  /** @type {{rating: string, litMs: number}[]} */
  const thanks = [];
  /** @type {{level: number, at: number}[]} */
  const lamp = [];
  /** @type {any[]} */
  const log = [];
  /** @type {string[]} */
  const tail = [];
  /** @type {{folder: string, label: string} | undefined} */
  let panel;
  let running = false;
  let lampChangedAt = 0;
  /** Thanked presses whose light was cut off with the power, so that nobody can count it. */
  let unseen = 0;
  let powerCuts = 0;

  const onLog = (/** @type {{line: string}} */ { line }) => {
    if (tail.push(line) > LOG_LINES) tail.shift();
    const entry = parse(line);
    if (!entry) return;
    log.push(entry);
    if (entry.msg === 'press thanked') thanked.push(entry.seq);
  };
  const onLamp = (/** @type {{folder: string, level: number, at: number}} */ { folder, level, at }) => {
    if (folder !== panel?.folder || (level === 0 && lamp.length === 0)) return;
    lamp.push({ level, at });
    lampChangedAt = performance.now();
  };
  const onExit = () => {
    running = false;
  };
  machine.events.on('log', onLog).on('lamp', onLamp).on('exit', onExit);

  const why = () => `The agent's log:\n${tail.join('\n')}`;
  const isDark = () => (lamp.at(-1)?.level ?? 0) === 0;
  const isAtRest = () => isDark() && performance.now() - lampChangedAt > REST_MS;
  const rises = () => lamp.filter(({ level }) => level === 1).length;
  const litTimes = () =>
    lamp.flatMap(({ level, at }, i) =>
      level === 1 ? [(lamp[i + 1]?.at ?? Number.POSITIVE_INFINITY) - at] : [],
    );
  const total = () => RATINGS.reduce((sum, rating) => sum + pressed[rating], 0);

  /** Buttons and lamp are soldered once a boot; a chip of its own keeps one terminal's leftovers from the next. */
  async function plugIn() {
    const label = `panel-${++panels}`;
    const { folder } = await machine.ask('panel', { label, lines: LINES });
    panel = { folder, label };
    await play([0, 1, 2].map((button) => [/** @type {Button} */ (button), false, 0]));
    await machine.ask('lamp', { folder, line: LAMP });
  }

  /** @returns {Promise<number[]>} when each level was set, on the guest's clock */
  function play(/** @type {Wave} */ wave) {
    const levels = wave.map(([button, down, holdMs]) => [
      OFFSETS[button],
      down !== driver.activeLow ? 1 : 0,
      holdMs,
    ]);
    return machine.ask('play', { folder: panel?.folder, wave: levels });
  }

  async function start() {
    if (!panel) await plugIn();
    const from = log.length;
    running = true;
    await machine.ask('start', {
      env: {
        ...(driver.path ? { PATH: driver.path } : {}),
        MANYI_ENROLMENT_CODE: code,
        MANYI_IDENTITY: `/card/${id}/identity`,
        MANYI_GATEWAY: `mqtts://10.0.2.2:${gateway.mqttPort()}`,
        MANYI_JOURNAL: `/card/${id}/journal.db`,
        MANYI_INPUTS: driver.inputs,
        MANYI_GPIO_CHIP: panel?.label,
        MANYI_GPIO_BUTTONS: OFFSETS.join(),
        MANYI_GPIO_LAMP: String(LAMP),
        MANYI_GPIO_ACTIVE_LOW: driver.activeLow ? '1' : '0',
      },
    });
    const isReady = () => log.slice(from).some(({ msg }) => msg === 'terminal ready');
    await until('the terminal is ready', () => isReady() || !running, { timeoutMs: 45_000, why });
    if (!running) throw new Error(`The agent ended at once. ${why()}`);
  }

  async function kill(/** @type {NodeJS.Signals} */ signal) {
    await machine.ask('kill', { signal });
    await until('the agent has ended', () => !running, { why });
  }

  /**
   * Plays a wave that has to give one vote of `button`, and waits until the lamp has thanked for it and is dark again.
   * @param {Button} button
   * @param {Wave} wave
   */
  async function press(button, wave = hold(button, 120)) {
    const before = { thanked: thanked.length, rises: rises() };
    pressed[RATINGS[button]] += 1;
    await play(wave);
    await until(`press ${total()} is thanked`, () => thanked.length > before.thanked, { why });
    await until(`the lamp thanks for press ${total()}`, () => rises() > before.rises, { why });
    await until('the lamp is dark again', isDark, { why });
    const lit = litTimes().slice(before.rises);
    assert.equal(lit.length, 1, `one light for press ${total()}: ${lit} ms`);
    thanks.push({ rating: RATINGS[button], litMs: lit[0] ?? 0 });
  }

  /**
   * Plays a press that has to be refused, and waits for the sign of it: the lamp blinks, and thanks for nothing.
   * @param {Wave} wave
   */
  async function pressInVain(wave) {
    const before = rises();
    await play(wave);
    await until('the lamp blinks', () => rises() > before, { why });
    await until('the lamp is at rest', isAtRest, { why });
    const lit = litTimes().slice(before);
    assert.ok(!lit.some(isThanks), `no thanks: ${lit} ms`);
  }

  /** Plays presses one after the other and waits for none of them; a power cut ends it. */
  function pressOn(/** @type {Button[]} */ buttons, /** @type {number} */ count) {
    const wave = Array.from({ length: count }, (_, i) => {
      const button = /** @type {Button} */ (buttons[i % buttons.length]);
      return /** @type {Wave} */ ([
        [button, true, 150],
        [button, false, 250],
      ]);
    }).flat();
    play(wave).catch(() => {});
  }

  /**
   * After power cuts in streams of presses of 0, 1, 2, 0, …: takes into the account what was on the card before anybody heard of
   * the thanks. What was thanked must be there; what is there must be the streams as they were played, each cut somewhere.
   * @returns {Promise<number>} votes on the card that were not heard to be thanked
   */
  async function concedeCutOff(/** @type {number} */ from) {
    const heard = () => Math.max(0, ...thanked);
    const votes = await until(
      `the votes up to ${heard()} are stored`,
      async () => {
        const stored = await gateway.votesOf(id);
        return stored.some(({ seq }) => seq >= heard()) && stored.length >= heard() && stored;
      },
      { timeoutMs: 75_000, why },
    );
    const bySeq = votes.toSorted((a, b) => a.seq - b.seq);
    const seqs = bySeq.map(({ seq }) => seq);
    const lost = thanked.filter((seq) => !seqs.includes(seq));
    assert.deepEqual(lost, [], `thanked, and not stored; ${why()}`);
    const extra = seqs.filter((seq) => !thanked.includes(seq));
    assert.ok(extra.length <= 3 * powerCuts, `${extra.length} votes that were never said to be thanked`);
    let restarts = 0;
    for (let i = from + 1; i < bySeq.length; i += 1) {
      const [before, now] = [bySeq[i - 1]?.rating, bySeq[i]?.rating];
      const next = RATINGS[(RATINGS.indexOf(before) + 1) % RATINGS.length];
      if (now === next) continue;
      assert.equal(now, RATINGS[0], `vote ${i + 1} is none of the stream's`);
      restarts += 1;
    }
    assert.ok(restarts <= powerCuts, `a stream has a hole: it began ${restarts} times`);
    thanked.push(...extra);
    Object.assign(pressed, countBy(votes));
    await until('the lamp is at rest', isAtRest, { why });
    lamp.length = 0;
    unseen = thanked.length;
    return extra.length;
  }

  /** Waits for the gateway to have all votes, and compares everything with everything. */
  async function settle() {
    const account = () => `pressed ${total()}, thanked ${thanked.length}, lamp ${rises()}. ${why()}`;
    const votes = await until(
      `${total()} votes are stored`,
      async () => {
        const stored = await gateway.votesOf(id);
        return stored.length >= total() && stored;
      },
      { timeoutMs: 75_000, why: account },
    );
    const seqs = votes.map(({ seq }) => seq).sort((a, b) => a - b);
    assert.deepEqual(
      thanked.toSorted((a, b) => a - b),
      seqs,
      `thanked == stored; ${account()}`,
    );
    assert.deepEqual(
      seqs,
      [...seqs.keys()].map((i) => i + 1),
      'each seq once, from 1',
    );
    assert.equal(new Set(votes.map(({ epoch }) => epoch)).size, 1, 'one journal, one epoch');
    assert.deepEqual(countBy(votes), pressed, `stored == pressed, by rating; ${account()}`);
    await until('the lamp is at rest', isAtRest, { why });
    assert.equal(
      litTimes().filter(isThanks).length,
      thanked.length - unseen,
      `the lamp thanked once for each; ${account()}`,
    );
    for (const { at } of votes) assert.ok(Math.abs(Date.now() - at) < 900_000, `dated ${new Date(at)}`);
  }

  /** The same thanks for all three: nobody at the counter can tell from the lamp which button it was. */
  function assertSameThanks() {
    const lit = thanks.map(({ litMs }) => litMs);
    const spread = Math.max(...lit) - Math.min(...lit);
    assert.ok(spread < LAMP_TOLERANCE_MS, `lit for ${JSON.stringify(thanks)} ms`);
  }

  /** What the wall will say: the same counts, and nothing under way. */
  async function assertScored() {
    const row = await until(
      'the score of the window is complete',
      async () => {
        const { rows } = await gateway.scores();
        const found = rows.find((/** @type {any} */ each) => each.id === windowId);
        return found?.completeness.state === 'complete' && found;
      },
      { why: () => gateway.logTail() },
    );
    assert.deepEqual(row.counts, pressed);
  }

  return {
    id,
    log,
    start,
    kill,
    play,
    press,
    pressInVain,
    pressOn,
    concedeCutOff,
    settle,
    assertSameThanks,
    assertScored,
    why,
    thanked: () => thanked.length,
    isRunning: () => running,
    /** A press that the machine itself made longer than meant: whether it counts is known afterwards only. */
    concede: (/** @type {Button} */ button, /** @type {number} */ votes) => {
      pressed[RATINGS[button]] += votes;
    },
    /** Waits for an entry of the agent's log after the first `from`. */
    logged: (
      /** @type {string} */ what,
      /** @type {(entry: any) => boolean} */ test,
      from = 0,
      timeoutMs = 20_000,
    ) => until(what, () => log.slice(from).some(test), { timeoutMs, why }),
    async cutPower() {
      await machine.cutPower();
      running = false;
      panel = undefined;
      powerCuts += 1;
    },
    async retire() {
      if (running) await kill('SIGKILL').catch(() => {});
      machine.events.off('log', onLog).off('lamp', onLamp).off('exit', onExit);
    },
  };
}

const isThanks = (/** @type {number} */ litMs) => litMs > BLINK_LIMIT_MS;

/** A clean press. @returns {Wave} */
export const hold = (/** @type {Button} */ button, /** @type {number} */ ms) => [
  [button, true, ms],
  [button, false, 0],
];

function countBy(/** @type {{rating: string}[]} */ votes) {
  /** @type {Record<string, number>} */
  const counts = { satisfied: 0, basically: 0, unsatisfied: 0 };
  for (const { rating } of votes) counts[rating] = (counts[rating] ?? 0) + 1;
  return counts;
}
