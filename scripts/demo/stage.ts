/** What every part of the demo is started with, and how it is ended again. */
import type { DemoOptions } from './demo-args.ts';
import type { Child } from './processes/child.ts';
import type { Keeper } from './processes/keeper.ts';

export type End = (hurried: AbortSignal) => Promise<unknown>;

export type Stage = {
  options: DemoOptions;
  keeper: Keeper;
  /** Aborted when the end was asked for. */
  asked: AbortSignal;
  /** As a signal from outside does. */
  askForEnd(): void;
  /** Acts are called one after the other, the last first, however far the start has come. */
  onEnd(act: End): void;
  /** The demo ends when this does. */
  endsWith(child: Child): void;
};

export const GRACE_MS = 10_000;
