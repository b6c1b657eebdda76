/** Messages that are not acceptable: counted, kept with their reason as far as the terminal's share goes, acknowledged. */

import { createTokenBuckets } from '../domain/token-buckets.ts';
import type { QuarantineRecord } from '../store/store.ts';
import type { CommitQueue } from './commit-queue.ts';
import type { IngestDone, KnownTerminal } from './ingest.ts';
import type { QuarantineReason } from './reasons.ts';

export const KEPT_PAYLOAD_CHARS = 2_048;
/** What one terminal may add to the quarantine: enough to find a fault, too little to fill a disk. */
const RECORDS_PER_S = 1;
const BURST = 256;

export type RefusalDeps = {
  queue: CommitQueue;
  now: () => number;
  quarantined(reason: QuarantineReason, terminalId: string): void;
  failed(error: Error, done: IngestDone): void;
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
};

export function createRefusals({ queue, now, quarantined, failed }: RefusalDeps): Refusals {
  const rate = createTokenBuckets(RECORDS_PER_S, BURST);
  const allowed = (terminalKey: number) => rate.take(terminalKey, now());
  return {
    allowed,
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
        sourceKey: null,
        seq: null,
        payload: payload.toString('utf8', 0, KEPT_PAYLOAD_CHARS),
      };
      queue.push({
        votes: [],
        quarantine: [record],
        settled: (result) => (result.ok ? done() : failed(result.error, done)),
      });
    },
  };
}
