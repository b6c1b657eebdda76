/** The port to alerts: which there are and were, by which rules, and what they rest on. */
import type { AlertKind, AlertState } from '../../protocol/alert.ts';
import type { AlertSettings } from '../domain/alerts/alert-settings.ts';
import type { AlertDetail } from '../domain/alerts/found.ts';
import type { SettingVersion } from '../domain/verdicts/rule-versions.ts';
import type { AlertTarget, NewDelivery } from './alert-targets.ts';
import type { Changes } from './changes.ts';
import type { Lease } from './leases.ts';

export type AlertVersion = SettingVersion<AlertSettings>;
export type KeptAlertVersion = AlertVersion & { reason: string; madeAt: number; madeBy: string };

export type AlertRecord = {
  key: number;
  id: string;
  kind: AlertKind;
  /** `unit:ID`, `window:ID`, `terminal:ID`. */
  node: string;
  unitKey: number;
  unitId: string;
  isUrgent: boolean;
  /** UTC milliseconds, as all times here: since when there is cause, and when there was last. */
  begin: number;
  last: number;
  times: number;
  detail: AlertDetail;
  openedAt: number;
  acknowledgedAt: number | null;
  acknowledgedBy: string | null;
  /** Null: it has not ended. */
  closedAt: number | null;
  closedBy: string | null;
  closedWhy: string | null;
};

export type NewAlert = Pick<
  AlertRecord,
  'id' | 'kind' | 'node' | 'unitId' | 'isUrgent' | 'begin' | 'last' | 'times' | 'detail' | 'openedAt'
>;

export type AlertComment = { at: number; by: string; text: string };

/** `noted`: the version at which it was last changed. */
export type ChangedAlert = AlertRecord & { noted: number };

/** What is left out does not narrow. */
export type AlertFilter = {
  states?: readonly AlertState[];
  kinds?: readonly AlertKind[];
  /**
   * Keys of units: an open one is of where that which it is about stands now; a closed one of where it opened, and if it rests on votes only
   * while what it is about stands there, for it was told of votes wherever that was.
   */
  unitKeys?: readonly number[];
  /** Keys of units: of what rests on votes, nothing that opened there. */
  heldBackKeys?: readonly number[];
  /** Older than the one of this key. */
  before?: number;
};

/** A vote that counts; excluded ones do not. */
export type CountedVote = { at: number; receivedAt: number; unsatisfied: boolean };

/** Each method may throw StoreFailure. */
export interface AlertReads {
  /** Grows whenever an alert or a rule of them has changed; `rules`: what it was when a rule last did. */
  noted(): Promise<{ version: number; rules: number }>;
  /**
   * Opened, counted up, acknowledged or closed since the version was this; in the order in which they were opened. A gateway from before it was
   * noted which they are lets the version grow, and nothing of it is here.
   */
  changedSince(version: number): Promise<ChangedAlert[]>;
  /** Those that are not closed, oldest first. */
  open(): Promise<AlertRecord[]>;
  /** Newest first. */
  list(filter: AlertFilter, limit: number): Promise<AlertRecord[]>;
  alert(id: string): Promise<AlertRecord | undefined>;
  comments(alertKey: number): Promise<AlertComment[]>;
  /** When people have last closed one of each cause, since a moment. */
  settledSince(at: number): Promise<{ kind: AlertKind; node: string; at: number }[]>;
  /** In the order in which they were made. */
  ruleVersions(): Promise<KeptAlertVersion[]>;
  /** Pressed from then on, in any order. */
  countedVotes(windowKey: number, fromMs: number): Promise<CountedVote[]>;
}

export interface AlertTx extends AlertReads {
  /** @returns null where one of this cause is open. @throws OrgRefusal `unit-unknown` */
  add(alert: NewAlert): Promise<AlertRecord | null>;
  /** @returns whether there is such a one, and it is open and not acknowledged. */
  acknowledge(id: string, at: number, by: string): Promise<boolean>;
  /** @returns whether it was open. */
  close(id: string, end: { at: number; by: string; why: string }): Promise<boolean>;
  comment(alertKey: number, comment: AlertComment): Promise<void>;
  /** @throws OrgRefusal `rule-version-taken` */
  addRules(version: KeptAlertVersion): Promise<void>;
  /** Who may be to be told. */
  targets(): Promise<AlertTarget[]>;
  /** To be sent. Where too many wait, the oldest of them are given up for it. @returns how many those were. */
  tell(deliveries: readonly NewDelivery[]): Promise<number>;
  /** Takes back what is not due yet of this alert. @returns the targets that have been told, or are about to be. */
  untell(alertKey: number, now: number): Promise<{ toldTargetKeys: number[] }>;
}

export interface AlertStore extends AlertReads, Changes<AlertTx> {
  /** What the gateway notes by itself: the same cause again. @throws LeaseLost, and nothing is noted */
  noteAgain(seen: readonly { id: string; last: number; times: number }[], held: Lease): Promise<void>;
}
