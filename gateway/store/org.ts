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
}

export interface OrgStore extends OrgReads, Changes<OrgTx> {
  /**
   * When terminals were last heard of: what the gateway notes by itself, all or nothing. What another one has noted later stays, unless
   * that lies ahead of `now` by more than clocks do.
   */
  noteSeen(seen: readonly { terminalKey: number; at: number }[], now: number): Promise<void>;
}
