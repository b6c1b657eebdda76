/** The port to what is shown of windows in steps, and to the settings of these. */
import type { Counts } from '../../protocol/vote.ts';
import type { PrivacyNode } from '../domain/privacy/settings.ts';
import type { Changes } from './changes.ts';
import type { Lease } from './leases.ts';

export type KeptPrivacyNode = PrivacyNode & { reason: string; madeAt: number; madeBy: string };

export type KeptShownDay = { windowKey: number; day: number; taken: Counts; shown: Counts };
export type KeptShownWindow = { windowKey: number; dark: Counts; steppedAt: number };
/** The last step of those windows that move on so often. */
export type KeptStep = { minutes: number; at: number };

export type KeptShown = { windows: KeptShownWindow[]; days: KeptShownDay[]; steps: KeptStep[] };

export interface PrivacyReads {
  /** Of every node that has settings of its own. @throws StoreFailure */
  nodes(): Promise<KeptPrivacyNode[]>;
}

export interface PrivacyTx extends PrivacyReads {
  set(node: KeptPrivacyNode): Promise<void>;
}

export interface PrivacyStore extends PrivacyReads, Changes<PrivacyTx> {
  /**
   * What is shown, of one moment.
   * @param fromDay days from then on @param since windows that have moved on at that time or later
   */
  shown(fromDay: number, since: number): Promise<KeptShown>;
  /**
   * What a step has changed: all of it, or nothing.
   * @param live windows whose votes are shown as they come from now on
   * @returns false, and nothing is written, where another gateway has made one of these steps. @throws LeaseLost, StoreFailure
   */
  keep(lease: Lease | null, next: KeptShown, live: readonly number[]): Promise<boolean>;
}
