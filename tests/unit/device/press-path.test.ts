import { expect, it } from 'vitest';
import { createPressPath } from '../../../device/board/press-path.ts';

function path() {
  const state = { nowMs: 0, parts: { 'gpio-line': true, journal: true } as Record<string, boolean> };
  const { broken } = createPressPath(
    () => state.parts,
    () => state.nowMs,
  );
  /** Asked every ten seconds. */
  const after = (seconds: number) => {
    let found = broken();
    for (const endMs = state.nowMs + seconds * 1000; state.nowMs < endMs; ) {
      state.nowMs += 10_000;
      found = broken();
    }
    return found;
  };
  return { state, after };
}

it('what works is not broken, nor what is mended in time', () => {
  const { state, after } = path();
  expect(after(3600)).toBeNull();
  state.parts.journal = false;
  expect(after(120)).toBeNull();
  state.parts.journal = true;
  expect(after(10)).toBeNull();
  state.parts.journal = false;
  expect(after(120)).toBeNull();
});

it('what worked and has not for long is, by name, until it works', () => {
  const { state, after } = path();
  after(10);
  state.parts['gpio-line'] = false;
  expect(after(130)).toBe('gpio-line: not for 120 s');
  state.parts.journal = false;
  expect(after(130)).toBe('gpio-line, journal: not for 120 s');
  state.parts = { 'gpio-line': true, journal: true };
  expect(after(10)).toBeNull();
});

it('what never worked in this process a new start would not mend', () => {
  const { state, after } = path();
  state.parts = { 'gpio-line': false, journal: true };
  expect(after(86_400)).toBeNull();
});
