/**
 * Edges → presses. Pure: no clock, no I/O; the caller gives the time and is told when to come back (`wakeAtMs`).
 *
 * - A press is one button pressed without a break for `stableMs`; it is dated at the first edge of that stretch.
 * - It counts once. The button must then be released, again without a break for `stableMs`, before it can count again.
 * - The first button to be stable wins. A button that becomes stable while another is down gives no vote, and is only
 *   free again when released. Two buttons whose stretches began in the same instant give no vote at all.
 * - A button down for `stuckMs` is stuck: a fault, until it is released. While it is, the other two give no vote either,
 *   because a terminal that cannot take all three answers would take biased ones.
 * - A release that no press came before (a press lost by the driver) is counted and nothing else: it was not thanked, and
 *   a spike on the wire looks the same.
 */
import type { ButtonIndex, Edge } from '../inputs/input.ts';

export type PressRules = { stableMs: number; stuckMs: number };
export const PRESS_RULES: PressRules = { stableMs: 30, stuckMs: 10_000 };

type Button = {
  /** The level as last reported, and since when. */
  pressed: boolean;
  sinceMs: number;
  /** The level after debounce, and when the press that made it began. */
  down: boolean;
  downSinceMs: number;
  stuck: boolean;
};
export type PressState = { buttons: readonly [Button, Button, Button]; loneReleases: number };

export type PressEvent =
  | { kind: 'press'; button: ButtonIndex; monoMs: number }
  /** A finger was there and no vote was made of it. */
  | { kind: 'refused'; button: ButtonIndex; reason: 'other-down' | 'other-stuck' }
  | { kind: 'stuck'; button: ButtonIndex; active: boolean };

export type PressStep = {
  state: PressState;
  events: PressEvent[];
  /** Call `advanceTo` at this time if no edge came before; null when there is nothing to wait for. */
  wakeAtMs: number | null;
};

const UP: Button = { pressed: false, sinceMs: 0, down: false, downSinceMs: 0, stuck: false };
export const INITIAL_PRESS_STATE: PressState = {
  buttons: [{ ...UP }, { ...UP }, { ...UP }],
  loneReleases: 0,
};

export function takeEdge(state: PressState, edge: Edge, rules: PressRules = PRESS_RULES): PressStep {
  const step = settle(state, edge.monoMs, rules);
  const button = step.state.buttons[edge.button];
  if (!edge.pressed && !button.pressed && !button.down) step.state.loneReleases += 1;
  // A repeated level means that a change in between was missed: it bounced, so the stretch begins anew.
  if (edge.pressed !== button.pressed || button.pressed !== button.down) {
    button.pressed = edge.pressed;
    button.sinceMs = Math.max(edge.monoMs, button.sinceMs);
  }
  return { ...step, wakeAtMs: nextDue(step.state, rules)?.atMs ?? null };
}

export function advanceTo(state: PressState, nowMs: number, rules: PressRules = PRESS_RULES): PressStep {
  const step = settle(state, nowMs, rules);
  return { ...step, wakeAtMs: nextDue(step.state, rules)?.atMs ?? null };
}

function settle(from: PressState, untilMs: number, rules: PressRules) {
  const [a, b, c] = from.buttons;
  const state = {
    buttons: [{ ...a }, { ...b }, { ...c }] as [Button, Button, Button],
    loneReleases: from.loneReleases,
  };
  const events: PressEvent[] = [];
  for (let due = nextDue(state, rules); due !== null && due.atMs <= untilMs; due = nextDue(state, rules)) {
    const { index } = due;
    const button = state.buttons[index];
    if (button.pressed === button.down) {
      button.stuck = true;
      events.push({ kind: 'stuck', button: index, active: true });
    } else if (button.pressed) {
      button.down = true;
      button.downSinceMs = button.sinceMs;
      events.push(judge(state.buttons, index));
    } else {
      button.down = false;
      if (button.stuck) events.push({ kind: 'stuck', button: index, active: false });
      button.stuck = false;
    }
  }
  return { state, events };
}

function judge(buttons: readonly Button[], index: ButtonIndex): PressEvent {
  const self = buttons[index]!;
  const others = buttons.filter((_, i) => i !== index);
  if (others.some((other) => other.stuck)) return { kind: 'refused', button: index, reason: 'other-stuck' };
  const tied = others.some((other) => other.pressed && !other.down && other.sinceMs === self.sinceMs);
  if (tied || others.some((other) => other.down))
    return { kind: 'refused', button: index, reason: 'other-down' };
  return { kind: 'press', button: index, monoMs: self.sinceMs };
}

/** The earliest moment at which silence alone changes something. A level change comes before a stuck fault. */
function nextDue(state: PressState, rules: PressRules): { index: ButtonIndex; atMs: number } | null {
  let next: { index: ButtonIndex; atMs: number } | null = null;
  for (const index of [0, 1, 2] as const) {
    const button = state.buttons[index];
    const changing = button.pressed !== button.down;
    if (!changing && (!button.down || button.stuck)) continue;
    const atMs = changing ? button.sinceMs + rules.stableMs : button.downSinceMs + rules.stuckMs;
    if (next === null || atMs < next.atMs) next = { index, atMs };
  }
  return next;
}
