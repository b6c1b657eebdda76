/**
 * When a press happened, on a board without a clock. Within one boot only the monotonic clock counts: `at` is an anchor
 * plus `mono`, so a wall clock that jumps does not move a vote. The anchor comes, in this order, from a synchronised system
 * clock, from the `time` in the gateway's ack, or, marked `estimated`, from the wall clock as it stood at start. Whoever came
 * first in a boot is not overruled by another who says something quite different: that is an alarm, for people.
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { Clock } from '../../protocol/vote.ts';

/** `at` = `offsetMs` + `mono`. */
export type Anchor = { offsetMs: number; clock: Clock };

export type DeviceClock = {
  readonly bootId: string;
  /** CLOCK_MONOTONIC, milliseconds with fraction; the same for all processes of a boot. */
  monoMs(): number;
  anchor(): Anchor;
  /** Takes the gateway's time from an ack that arrived just now. */
  hearGateway(timeMs: number): void;
  /** Takes what an earlier process of this boot knew, or a time that it cannot be before. */
  resume(known: Anchor | null, notBeforeMs: number): void;
  /** Looks whether the system clock is synchronised now. Cheap; call it once a minute. */
  checkSystem(): Promise<void>;
  /** The synchronised system clock minus the gateway's time, whole milliseconds, when they disagree; null when they do not. */
  apartMs(): number | null;
};

export type ClockSources = {
  bootId: string;
  monoMs: () => number;
  wallMs: () => number;
  isSynchronised: () => Promise<boolean>;
};

/** A lower offset than the one held is an ack that was under way for longer; this much lower is a gateway set right. */
const GATEWAY_STEP_MS = 60_000;
/** A wall clock that moves by more than this while called synchronised was set by hand. */
const WALL_STEP_MS = 2_000;
/** An ack may be under way for a minute; two clocks that are further apart than this are not both right. */
export const CLOCKS_APART_MS = 120_000;

export function createClock(sources: ClockSources = systemSources()): DeviceClock {
  const { bootId, monoMs, wallMs } = sources;
  let anchor: Anchor = { offsetMs: wallMs() - monoMs(), clock: 'estimated' };
  let gatewayOffsetMs: number | null = null;
  let isSynchronised = false;

  const apartMs = (): number | null => {
    if (!isSynchronised || gatewayOffsetMs === null) return null;
    const ms = Math.round(wallMs() - monoMs() - gatewayOffsetMs);
    return Math.abs(ms) > CLOCKS_APART_MS ? ms : null;
  };

  return {
    bootId,
    monoMs,
    anchor: () => anchor,
    apartMs,
    hearGateway(timeMs) {
      const offsetMs = timeMs - monoMs();
      const held = gatewayOffsetMs;
      if (held === null || offsetMs > held || offsetMs < held - GATEWAY_STEP_MS) gatewayOffsetMs = offsetMs;
      if (anchor.clock !== 'ntp') anchor = { offsetMs: gatewayOffsetMs ?? offsetMs, clock: 'gateway' };
    },
    resume(known, notBeforeMs) {
      if (anchor.clock !== 'estimated') return;
      // What the gateway said to an earlier process of this boot it has said.
      if (known?.clock === 'gateway') gatewayOffsetMs = known.offsetMs;
      if (known !== null) anchor = known;
      else anchor = { ...anchor, offsetMs: Math.max(anchor.offsetMs, notBeforeMs - monoMs()) };
    },
    async checkSystem() {
      isSynchronised = await sources.isSynchronised();
      if (!isSynchronised) return;
      // The gateway has proved who it is (TLS); whoever answers for NTP has not.
      if (anchor.clock !== 'ntp' && apartMs() !== null) return;
      const offsetMs = wallMs() - monoMs();
      if (anchor.clock !== 'ntp' || Math.abs(offsetMs - anchor.offsetMs) <= WALL_STEP_MS)
        anchor = { offsetMs, clock: 'ntp' };
      // It jumped. Believe the jump only when it brings the wall clock to where the gateway's is.
      else if (gatewayOffsetMs !== null && Math.abs(offsetMs - gatewayOffsetMs) <= WALL_STEP_MS)
        anchor = { offsetMs, clock: 'ntp' };
    },
  };
}

/** Integers of the protocol: milliseconds, never negative. */
export function dateBy(anchor: Anchor, mono: number): { at: number; clock: Clock } {
  return { at: Math.max(0, Math.round(anchor.offsetMs + mono)), clock: anchor.clock };
}

/** Now, to tell what has grown old by; 0, by which nothing has, while it is not certain what day it is. */
export function certainNowMs(clock: DeviceClock): number {
  const anchor = clock.anchor();
  return anchor.clock === 'estimated' || clock.apartMs() !== null ? 0 : dateBy(anchor, clock.monoMs()).at;
}

export function systemSources(): ClockSources {
  return {
    bootId: readBootId(),
    // libuv reads CLOCK_MONOTONIC for hrtime: the clock of the kernel's GPIO event times.
    monoMs: () => Number(process.hrtime.bigint()) / 1e6,
    wallMs: Date.now,
    isSynchronised: systemIsSynchronised,
  };
}

function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return randomUUID();
  }
}

let timedatectlMissing = false;

async function systemIsSynchronised(): Promise<boolean> {
  if (existsSync('/run/systemd/timesync/synchronized')) return true;
  // Without systemd there is nobody to ask, and asking would cost a process a minute.
  if (timedatectlMissing || !existsSync('/run/systemd/system')) return false;
  return await new Promise((resolve) => {
    const args = ['show', '--property=NTPSynchronized', '--value'];
    execFile('timedatectl', args, { timeout: 3_000 }, (error, stdout) => {
      if ((error as NodeJS.ErrnoException | null)?.code === 'ENOENT') timedatectlMissing = true;
      resolve(error === null && stdout.trim() === 'yes');
    });
  });
}
