/** The port to the organisation tree: units, windows, and the terminals that stand at them. */
import type { OrgVersion, ServiceWindow, Terminal, Unit } from '../domain/org.ts';
import type { UnitZone } from '../domain/unit-zones.ts';
import type { Changes } from './changes.ts';
import type { Unjudged } from './ledger.ts';

export type TerminalRecord = Terminal & { windowKey: number; lastSeenAt: number | null };

export interface OrgReads {
  units(): Promise<Unit[]>;
  windows(): Promise<ServiceWindow[]>;
  terminals(): Promise<TerminalRecord[]>;
  /** Of units, then of windows, by key and time. The newest of each says what `units` and `windows` say. */
  versions(): Promise<OrgVersion[]>;
  /** Of units that have had a time zone of their own, in the order of time. */
  timeZones(): Promise<UnitZone[]>;
}

export interface OrgTx extends OrgReads {
  /** @throws OrgRefusal `id-taken`, `unit-unknown`. */
  addUnit(unit: { id: string; parentId: string | null; name: string }): Promise<void>;
  /** @throws OrgRefusal `id-taken`, `unit-unknown`. */
  addWindow(serviceWindow: { id: string; unitId: string; name: string }): Promise<void>;
  /**
   * With all that is below it. Of the four that follow: `at` is now, and the change holds from the quarter of an hour on that it is in.
   * @param parentId null: to the top. @throws OrgRefusal `unit-unknown`, `unit-below-itself`, `place-same`.
   */
  moveUnit(id: string, parentId: string | null, at: number): Promise<Changed<string | null>>;
  /** @throws OrgRefusal `window-unknown`, `unit-unknown`, `place-same`. */
  moveWindow(id: string, unitId: string, at: number): Promise<Changed<string>>;
  /** @throws OrgRefusal `unit-unknown`, `name-same`. */
  renameUnit(id: string, name: string, at: number): Promise<Changed<string>>;
  /** @throws OrgRefusal `window-unknown`, `name-same`. */
  renameWindow(id: string, name: string, at: number): Promise<Changed<string>>;
  /** In the place of one that holds from the same moment on. Of votes that were pressed since then see `judgeAgain`. */
  setTimeZone(zone: UnitZone): Promise<void>;
  /** What was set from that moment on was a mistake: what was set before goes on. */
  dropTimeZone(zone: Pick<UnitZone, 'unitKey' | 'from'>): Promise<void>;
  /** Votes that are to be judged again by what holds now. */
  judgeAgain(spans: readonly Unjudged[]): Promise<void>;
}

/** What it was before: the id of a unit, or a name; and the moment from which the new one holds. */
export type Changed<T> = { was: T; from: number };

export interface OrgStore extends OrgReads, Changes<OrgTx> {
  /**
   * When terminals were last heard of: what the gateway notes by itself, all or nothing. What another one has noted later stays, unless
   * that lies ahead of `now` by more than clocks do.
   */
  noteSeen(seen: readonly { terminalKey: number; at: number }[], now: number): Promise<void>;
}
