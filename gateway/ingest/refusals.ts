/** Messages that are not acceptable: counted, kept with their reason as far as the terminal's share goes, acknowledged. */

import { createTokenBuckets } from '../domain/token-buckets.ts';
import type { QuarantineRecord } from '../store/ledger.ts';
import type { CommitQueue } from './commit-queue.ts';
import type { IngestDone, KnownTerminal } from './ingest.ts';
import type { QuarantineReason } from './reasons.ts';

export const KEPT_PAYLOAD_CHARS = 2_048;
/** What one terminal may add to the quarantine: enough to find a fault, too little to fill a disk. */
const RECORDS_PER_S = 1;
const BURST = 256;
/** Votes held for a person: what a terminal may add at once and as a rule, and how many undecided ones are kept of it (6 MB). */
const HELD_PER_S = 20;
const HELD_BURST = 2_000;
export const MAX_HELD = 20_000;

export type RefusalDeps = {
  queue: CommitQueue;
  now: () => number;
  monotonic: () => number;
  quarantined(reason: QuarantineReason, terminalId: string): void;
  failed(error: Error, done: IngestDone): void;
  /** Undecided records of a terminal. */
  heldOf(terminalKey: number): number;
};

export type Refusals = {
  refuse(
    terminal: KnownTerminal,
    topic: string,
    reason: QuarantineReason,
    payload: Buffer,
    done: IngestDone,
  ): void;
  /** May this terminal add one more record? Asking takes it. */
  allowed(terminalKey: number): boolean;
  /** So many of this terminal wait for a person that no more are kept. */
  isFull(terminalKey: number): boolean;
  /** May this terminal have one more vote held? Asking takes it. */
  mayHold(terminalKey: number): boolean;
};

export function createRefusals(deps: RefusalDeps): Refusals {
  const { queue, now, monotonic, quarantined, failed, heldOf } = deps;
  const rate = createTokenBuckets(RECORDS_PER_S, BURST);
  const heldRate = createTokenBuckets(HELD_PER_S, HELD_BURST);
  const hasRoom = (terminalKey: number) => heldOf(terminalKey) < MAX_HELD;
  const allowed = (terminalKey: number) => hasRoom(terminalKey) && rate.take(terminalKey, monotonic());
  return {
    allowed,
    isFull: (terminalKey) => !hasRoom(terminalKey),
    mayHold: (terminalKey) => hasRoom(terminalKey) && heldRate.take(terminalKey, monotonic()),
    refuse(terminal, topic, reason, payload, done) {
      quarantined(reason, terminal.id);
      if (!allowed(terminal.key)) {
        done();
        return;
      }
      const record: QuarantineRecord = {
        receivedAt: now(),
        reason,
        terminalKey: terminal.key,
        topic: topic.slice(0, 200),
        journalKey: null,
        seq: null,
        payload: payload.toString('utf8', 0, KEPT_PAYLOAD_CHARS),
      };
      queue.push({
        journalKey: null,
        votes: [],
        quarantine: [record],
        stored: () => done(),
        refused: (error) => failed(error, done),
      });
    },
  };
}
