/** How long a fault was felt: at the terminals, which alone know. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FleetState } from '../citizens/fleet.ts';

export type Recovery = {
  /** Terminals that had no gateway that takes votes, at the worst moment. */
  cut: number;
  /** Until each had one again. */
  servedMs: number;
  /** Until everything thanked up to then was acknowledged as stored. */
  storedMs: number;
  /** Votes thanked while some terminal had none: each waited in its journal. */
  thankedMeanwhile: number;
};

/** What nobody has felt by then, nobody will. */
const NOTICE_MS = 3_000;
const LOOK_EVERY_MS = 20;

/** @returns null when no terminal has felt it. @throws when the signal says so */
export async function followRecovery(
  state: () => FleetState,
  signal: AbortSignal,
  noticeMs = NOTICE_MS,
): Promise<Recovery | null> {
  const begunMs = performance.now();
  const elapsed = () => performance.now() - begunMs;
  const look = async (): Promise<FleetState> => {
    await sleep(LOOK_EVERY_MS, undefined, { signal });
    return state();
  };
  const before = state();
  let now = before;
  while (now.served === now.terminals) {
    if (elapsed() > noticeMs) return null;
    now = await look();
  }
  let cut = 0;
  while (now.served < now.terminals) {
    cut = Math.max(cut, now.terminals - now.served);
    now = await look();
  }
  const servedMs = elapsed();
  const { thanked } = now;
  while (now.acked < thanked) now = await look();
  return { cut, servedMs, storedMs: elapsed(), thankedMeanwhile: thanked - before.thanked };
}
