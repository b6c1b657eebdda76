/** Which terminals are there, and since when not. */
import { Compile } from 'typebox/compile';
import { Status } from '../../protocol/status.ts';

const statusSchema = Compile(Status);

export type Presence = {
  connected(terminalId: string, connection: number): void;
  disconnected(terminalId: string, connection: number): void;
  /** A status message; one of an older connection (a late will) is ignored. @returns false when it is malformed. */
  status(terminalId: string, connection: number | null, payload: Buffer): boolean;
  heard(terminalId: string): void;
  isOnline(terminalId: string): boolean;
  /** When the terminal was last heard of; null if never. */
  lastSeenAt(terminalId: string): number | null;
  /** Of those that are there. */
  count(): number;
  /** Terminals heard of since the last call. */
  takeSeen(): { terminalId: string; at: number }[];
};

type Entry = { connection: number | null; lastSeenAt: number; unsaved: boolean };

export function createPresence(
  remembered: Iterable<{ id: string; lastSeenAt: number | null }>,
  now: () => number,
  onChange: (terminalId: string, online: boolean) => void,
): Presence {
  const entries = new Map<string, Entry>();
  let online = 0;
  for (const { id, lastSeenAt } of remembered)
    if (lastSeenAt !== null) entries.set(id, { connection: null, lastSeenAt, unsaved: false });

  const entryOf = (terminalId: string): Entry => {
    let entry = entries.get(terminalId);
    if (!entry) {
      entry = { connection: null, lastSeenAt: 0, unsaved: false };
      entries.set(terminalId, entry);
    }
    return entry;
  };
  const heard = (terminalId: string): Entry => {
    const entry = entryOf(terminalId);
    entry.lastSeenAt = now();
    entry.unsaved = true;
    return entry;
  };
  const leave = (terminalId: string, connection: number | null) => {
    const entry = entryOf(terminalId);
    if (entry.connection === null || entry.connection !== connection) return;
    heard(terminalId).connection = null;
    online -= 1;
    onChange(terminalId, false);
  };

  return {
    connected(terminalId, connection) {
      const entry = heard(terminalId);
      const was = entry.connection !== null;
      entry.connection = connection;
      if (was) return;
      online += 1;
      onChange(terminalId, true);
    },
    disconnected: leave,
    status(terminalId, connection, payload) {
      let value: unknown;
      try {
        value = JSON.parse(payload.toString('utf8'));
      } catch {
        return false;
      }
      if (!statusSchema.Check(value)) return false;
      if (value.online) heard(terminalId);
      else leave(terminalId, connection);
      return true;
    },
    heard: (terminalId) => void heard(terminalId),
    isOnline: (terminalId) => (entries.get(terminalId)?.connection ?? null) !== null,
    lastSeenAt: (terminalId) => entries.get(terminalId)?.lastSeenAt || null,
    count: () => online,
    takeSeen() {
      const seen: { terminalId: string; at: number }[] = [];
      for (const [terminalId, entry] of entries)
        if (entry.unsaved) {
          seen.push({ terminalId, at: entry.lastSeenAt });
          entry.unsaved = false;
        }
      return seen;
    },
  };
}
