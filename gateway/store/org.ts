/** The port to the organisation tree: units, windows, and the terminals that stand at them. */
import type { OrgVersion, ServiceWindow, Terminal, Unit } from '../domain/org.ts';
import type { Changes } from './changes.ts';

export type TerminalRecord = Terminal & { windowKey: number; lastSeenAt: number | null };

export interface OrgReads {
  units(): Promise<Unit[]>;
  windows(): Promise<ServiceWindow[]>;
  terminals(): Promise<TerminalRecord[]>;
  /** Of units, then of windows, by key and time. The newest of each says what `units` and `windows` say. */
  versions(): Promise<OrgVersion[]>;
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
