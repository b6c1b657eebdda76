/** The gateway's ingest path on a real store, for one terminal and another beside it. */
import { createExclusions } from '../../gateway/domain/exclusions.ts';
import { type KnownTerminal, openIngest } from '../../gateway/ingest/ingest.ts';
import { openJournals } from '../../gateway/ingest/journals.ts';
import type { Ledger } from '../../gateway/store/ledger.ts';
import type { SqliteStore } from '../../gateway/store/sqlite/sqlite-store.ts';
import type { LiveVerdicts } from '../../gateway/verdicts/live-verdicts.ts';
import { liveVerdicts } from './live-verdicts.ts';

export const NOW = Date.parse('2026-11-22T03:00:00Z');
export const EPOCH = 'ab'.repeat(16);

export const terminalOf = (key: number): KnownTerminal => ({
  ...{ key, id: `t-${key}`, windowId: `w${key}`, windowKey: key },
  votesTopic: `manyi/v1/t-${key}/votes`,
});

/** @param perDay votes of a terminal; what is more is held */
export async function createIngestSide(
  store: SqliteStore,
  {
    ledger = store.ledger,
    perDay = 1e6,
    verdicts = liveVerdicts(),
  }: { ledger?: Ledger; perDay?: number; verdicts?: LiveVerdicts } = {},
) {
  const journals = await openJournals({ store: store.journals, ledger, perDay: 1_000 });
  const quarantined: string[] = [];
  const failures: Error[] = [];
  /** Names of messages that are done, in that order; with the error of one that was refused. */
  const done: string[] = [];
  const ingest = await openIngest({
    ...{ stored: store.votes, ledger, journals, now: () => NOW, monotonic: () => 0 },
    exclusions: () => createExclusions([]),
    verdicts,
    hasNeighbours: false,
    publish: () => {},
    limits: { messagesPerS: 1e6, burst: 1e6, perMinute: perDay, perHour: perDay, perDay },
    events: {
      stored: () => {},
      storedBefore: () => {},
      corrected: () => {},
      evidence: () => {},
      duplicates: () => {},
      quarantined: (reason) => void quarantined.push(reason),
      clockHeard: () => {},
      batch: () => {},
      failed: (error) => void failures.push(error),
    },
  });
  /** Does not wait for it. */
  const send = (kind: 'votes' | 'hello', message: object, { name = '', terminal = 1 } = {}) =>
    ingest[kind](terminalOf(terminal), Buffer.from(JSON.stringify(message)), (error) => {
      done.push(error ? `${name} ${error.message}` : name);
    });
  return { journals, ingest, quarantined, failures, done, send };
}

export const vote = (seq: number, change: object = {}) => ({
  ...{ seq, rating: 'satisfied', at: NOW - 1_000, clock: 'ntp', boot: 'b', mono: seq },
  ...change,
});

/** @param epoch two hexadecimal digits */
export const votesOf = (seqs: number[], change: object = {}, epoch = 'ab') => ({
  epoch: epoch.repeat(16),
  votes: seqs.map((seq) => vote(seq, change)),
  totals: { satisfied: Math.max(...seqs), basically: 0, unsatisfied: 0 },
});

export const helloOf = (first: number, last: number) => ({
  ...{ epoch: EPOCH, boot: 'b', version: '1', inputs: [], clock: 'ntp' },
  journal: { first, last },
});
