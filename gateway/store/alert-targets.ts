/** The port to those who are told of alerts, and to what waits to be sent to them. */
import type { AlertKind } from '../../protocol/alert.ts';
import type { Changes } from './changes.ts';

export const TARGET_CHANNELS = ['webhook', 'email'] as const;
export type TargetChannel = (typeof TARGET_CHANNELS)[number];

export type AlertTarget = {
  key: number;
  id: string;
  channel: TargetChannel;
  name: string;
  /** An URL, or where mail goes. */
  address: string;
  /** Of this unit and what is below it; null: of all. */
  unitKey: number | null;
  unitId: string | null;
  /** Null: all. */
  kinds: AlertKind[] | null;
  language: 'zh' | 'en';
  madeAt: number;
  madeBy: string;
  /** In a row. */
  failures: number;
  /** Nothing is tried before. */
  retryAt: number;
};

export type NewTarget = Pick<
  AlertTarget,
  'id' | 'channel' | 'name' | 'address' | 'unitId' | 'kinds' | 'language' | 'madeAt' | 'madeBy'
> & { sealed: Buffer | null };

export const DELIVERY_STATES = ['waiting', 'sent', 'given-up', 'dropped'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

export type NewDelivery = {
  /** Whoever gets it twice knows it by this. */
  id: string;
  targetKey: number;
  /** Null: of none, as a test is. */
  alertKey: number | null;
  event: string;
  body: string;
  madeAt: number;
  dueAt: number;
};

export type Delivery = NewDelivery & {
  key: number;
  attempts: number;
  state: DeliveryState;
  /** Of the last failure; and what was said about it, as it was said. */
  code: string | null;
  note: string | null;
  doneAt: number | null;
};

/** Beyond it, the oldest are dropped. */
export const MOST_WAITING = 10_000;
/** Of what is done with. */
export const MOST_KEPT = 10_000;
export const MOST_WAITING_A_TARGET = 1_000;
export const MOST_NOTE_CHARS = 300;

export interface TargetReads {
  /** Those that are not removed. @throws StoreFailure */
  targets(): Promise<AlertTarget[]>;
  /** The newest, newest first. */
  deliveries(limit: number, targetKey?: number): Promise<Delivery[]>;
}

export interface TargetTx extends TargetReads {
  /** @throws OrgRefusal `unit-unknown`, `id-taken` */
  add(target: NewTarget): Promise<void>;
  /** What waits for it is dropped. @returns whether it was there. */
  remove(id: string, at: number): Promise<boolean>;
  setSecret(id: string, sealed: Buffer): Promise<boolean>;
  tell(deliveries: readonly NewDelivery[]): Promise<number>;
}

export type Outcome =
  | { state: 'sent'; at: number }
  | { state: 'given-up'; at: number; code: string; note: string | null }
  /** It is tried again. */
  | { state: 'waiting'; retryAt: number; code: string; note: string | null };

export interface TargetStore extends TargetReads, Changes<TargetTx> {
  /** Of each target that may be tried now, what is due first. */
  due(now: number): Promise<{ delivery: Delivery; target: AlertTarget; sealed: Buffer | null }[]>;
  /** What has become of it, noted by the gateway itself; of one that is sent or given up it is the last word. */
  noteOutcome(delivery: Pick<Delivery, 'key' | 'targetKey'>, outcome: Outcome): Promise<void>;
  /** Those that are done, but for the newest. @returns how many are forgotten. */
  forgetDone(keep: number): Promise<number>;
}
