/** What other gateways say of terminals: which are connected there, and what is known of those. */
import type { TerminalStanding } from './words.ts';

type Known = Omit<TerminalStanding, 'terminalKey' | 'journals'> & { gateway: string };

export type Elsewhere = {
  isOnline(terminalKey: number): boolean;
  /** When another gateway last heard it; null if none has. */
  lastSeenAt(terminalKey: number): number | null;
  /** While it is connected there. */
  isClockApart(terminalKey: number): boolean;
  /** Votes put away on its card; null while no other gateway has said. */
  setAside(terminalKey: number): number | null;
};

export type ElsewhereBook = Elsewhere & {
  /** It has signed in there. */
  took(gateway: string, terminalKey: number, now: number): void;
  said(gateway: string, standing: TerminalStanding): void;
  /** It is here now: what others have said of its past is past. */
  isHere(terminalKey: number): void;
  /** All terminals there are said from now on; @returns how it ends, and then those that were not among them, which have gone. */
  roll(gateway: string): () => number[];
  /** The gateway is no more. @returns the terminals that were connected there. */
  gone(gateway: string): number[];
};

export function createElsewhere(): ElsewhereBook {
  const terminals = new Map<number, Known>();
  return {
    isOnline: (terminalKey) => terminals.get(terminalKey)?.online ?? false,
    lastSeenAt: (terminalKey) => terminals.get(terminalKey)?.lastSeenAt ?? null,
    isClockApart(terminalKey) {
      const known = terminals.get(terminalKey);
      return known?.online === true && known.clockApartMs !== null;
    },
    setAside: (terminalKey) => terminals.get(terminalKey)?.setAside ?? null,
    took(gateway, terminalKey, now) {
      const before = terminals.get(terminalKey) ?? { clockApartMs: null, setAside: 0 };
      terminals.set(terminalKey, { ...before, gateway, online: true, lastSeenAt: now });
    },
    said(gateway, { terminalKey, online, lastSeenAt, clockApartMs, setAside }) {
      const known = terminals.get(terminalKey);
      // It has gone on to another one, and this is the last that the one before has heard of it.
      if (known?.online && known.gateway !== gateway && !online) return;
      const seenAt = Math.max(lastSeenAt ?? 0, known?.lastSeenAt ?? 0);
      terminals.set(terminalKey, {
        ...{ gateway, online, clockApartMs, setAside },
        lastSeenAt: seenAt === 0 ? null : seenAt,
      });
    },
    isHere(terminalKey) {
      const known = terminals.get(terminalKey);
      if (known) known.online = false;
    },
    roll(gateway) {
      const unconfirmed = new Map([...terminals].filter(([, one]) => one.gateway === gateway && one.online));
      return () => {
        const left: number[] = [];
        for (const [terminalKey, known] of unconfirmed) {
          // Said again, it is another entry.
          if (terminals.get(terminalKey) !== known || !known.online) continue;
          known.online = false;
          left.push(terminalKey);
        }
        return left;
      };
    },
    gone(gateway) {
      const left: number[] = [];
      for (const [terminalKey, known] of terminals) {
        if (known.gateway !== gateway || !known.online) continue;
        known.online = false;
        left.push(terminalKey);
      }
      return left;
    },
  };
}
