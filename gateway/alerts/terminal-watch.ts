/** Which terminals are missed, as far as this gateway has seen it. */
import { findSilence, type Silence, type WatchedTerminal } from '../domain/alerts/silence.ts';
import { MINUTE_MS } from '../domain/calendar.ts';
import type { OpeningHours } from '../domain/opening-hours/opening-hours.ts';
import { type OrgTree, unitsAbove } from '../domain/org.ts';
import type { AlertBook } from './alert-book.ts';

export type TerminalWatchDeps = {
  tree: () => OrgTree;
  book: Pick<AlertBook, 'ofUnit' | 'ofWindow'>;
  isOnline(terminalId: string): boolean;
  lastSeenAt(terminalId: string): number | null;
  /** Null: not known. */
  hoursOf(windowKey: number, atMs: number): OpeningHours | null;
  /** Who was there before this gateway watched is missed from then on. */
  watchingSince: number;
};

export type TerminalWatch = (now: number, isOpen: (cause: string) => boolean) => Silence;

export function createTerminalWatch(deps: TerminalWatchDeps): TerminalWatch {
  const { tree, book, isOnline, lastSeenAt, hoursOf, watchingSince } = deps;
  /** Of those that were away, when they came back. */
  const backSince = new Map<string, number>();
  const away = new Set<string>();

  /** The beginning of the span that is open now; null when none is. */
  const openSince = (windowKey: number, now: number, assumesOpen: boolean): number | null => {
    const hours = hoursOf(windowKey, now);
    if (hours === null) return assumesOpen ? Number.NEGATIVE_INFINITY : null;
    return hours.openSince(now);
  };

  const watched = (now: number): WatchedTerminal[] =>
    tree().windows.flatMap((serviceWindow) => {
      const rule = book.ofWindow(serviceWindow.id).silent;
      const terminals = tree().terminalsOf.get(serviceWindow.id) ?? [];
      if (rule === null || terminals.length === 0) return [];
      const since = openSince(serviceWindow.key, now, rule.assumesOpen);
      const unitIds = unitsAbove(tree(), serviceWindow.unitId).map(({ id }) => id);
      return terminals.flatMap(({ id }): WatchedTerminal[] => {
        const base = { id, unitIds, rule };
        if (isOnline(id)) {
          if (away.delete(id)) backSince.set(id, now);
          const back = backSince.get(id);
          const isThere = back === undefined || now - back >= rule.backMinutes * MINUTE_MS;
          if (isThere) backSince.delete(id);
          return [{ ...base, state: isThere ? 'there' : 'back', since: 0, silentMs: 0 }];
        }
        const seen = lastSeenAt(id);
        // Never heard of: it is no news that it is not there.
        if (seen === null) return [];
        away.add(id);
        if (since === null) return [{ ...base, state: 'unexpected', since: 0, silentMs: 0 }];
        const missed = Math.max(seen, since);
        return [{ ...base, state: 'silent', since: missed, silentMs: now - Math.max(missed, watchingSince) }];
      });
    });

  return (now, isOpen) =>
    findSilence(watched(now), tree().units, (unitId) => book.ofUnit(unitId).silent, isOpen);
}
