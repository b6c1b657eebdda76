/** The port to a recount: what is stored of votes, and what is kept beside them, past everything that serves figures. Only reads. */
import type { Counts } from '../../protocol/vote.ts';

export type StoredVote = {
  journalKey: number;
  /** Null of a vote that is no terminal's. */
  terminalKey: number | null;
  seq: number;
  /** Codes: positions in CHANNELS, RATINGS, CLOCKS and VERDICTS. */
  channel: number;
  rating: number;
  /** Press time, UTC milliseconds. */
  at: number;
  clock: number;
  /** The gateway or a person has placed it where it is. */
  isPlaced: boolean;
  boot: string;
  mono: number;
  receivedAt: number;
  verdict: number;
  /** Its system has said that it gave it itself. */
  isImputed: boolean;
  /** What two people have decided about it, by the review that they confirmed last; null: nothing. */
  decision: 'dismiss' | 'reinstate' | null;
};

/** What is kept of a quarter of an hour (since the epoch), a journal and a window. */
export type KeptRow = Counts & { journalKey: number; quarter: number };
export type KeptDiscounted = KeptRow & { verdict: number };

/** `part`: 0 of all that are stored, 16 of those that persons have excluded, else of those that rules discount, by the code of the verdict. */
export type KeptApart = KeptRow & { channel: number; part: number };

export type StoredRules = {
  node: string;
  version: number;
  validFrom: string;
  validTo: string | null;
  settings: object;
};

/** Which unit a unit or window stood under from a moment on, until its next one; null: at the top. */
export type StoredStand = { kind: 'unit' | 'window'; key: number; parentKey: number | null; from: number };

/** In which time zone a unit lies from a moment on, until its next one; null: that of the unit above. */
export type StoredZone = { unitKey: number; timeZone: string | null; from: number };

/** The tree as it stands and as it stood, and every version of the rules in the order in which they were made. */
export type RecountPlan = {
  units: readonly { key: number; id: string; parentKey: number | null; name: string }[];
  windows: readonly { key: number; id: string; unitKey: number; name: string }[];
  /** In the order of time. Of what has none, it always stood where it stands. */
  stands: readonly StoredStand[];
  /** In the order of time. What is below none of these units lies in the gateway's zone. */
  zones: readonly StoredZone[];
  rules: readonly StoredRules[];
};

/** `[from, to)`, UTC milliseconds. */
export type PressTimes = { from: number; to: number };

/** What there is of one window. */
export type WindowParts = {
  /** Those pressed in a span, by press time, in pages; looked for in every journal that may have one. */
  votes(span: PressTimes): AsyncIterable<StoredVote[]>;
  rollups(span: PressTimes): Promise<KeptRow[]>;
  excluded(span: PressTimes): Promise<KeptRow[]>;
  discounted(span: PressTimes): Promise<KeptDiscounted[]>;
  /** Of what came otherwise than by a button, the same once more, by its channel. */
  apart(span: PressTimes): Promise<KeptApart[]>;
  /** Spans of votes that persons have excluded, of those that hold and may be of the window: each key that is not null names whose. */
  exclusions(): Promise<(PressTimes & { terminalKey: number | null; originKey: number | null })[]>;
  /** What is still to be judged, or judged again; both ends included. */
  waiting(): Promise<PressTimes[]>;
  journals(): Promise<{ journalKey: number; terminalId: string; epoch: string }[]>;
};

/** Each may throw StoreFailure. */
export interface RecountReads {
  plan(): Promise<RecountPlan>;
  /** All of a window as of one moment, beside gateways that run. */
  window<T>(windowKey: number, read: (parts: WindowParts) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
