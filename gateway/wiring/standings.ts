/** The wiring of what is known of terminals here and elsewhere: what others are told, and what everybody is shown. */
import type { Presence } from '../fleet/presence.ts';
import { MAX_JOURNALS } from '../neighbours/words.ts';
import type { Registry } from '../org/registry.ts';
import type { NeighboursStep, Speaker } from './neighbours.ts';
import type { PutAway } from './put-away.ts';
import type { Votes } from './votes.ts';

export type Everywhere = Pick<Presence, 'isOnline' | 'lastSeenAt'> & {
  isClockApart(terminalId: string): boolean;
  /** Votes put away on its card. */
  setAsideVotes(terminalId: string): number;
};

type Here = {
  registry: Registry;
  presence: Presence;
  putAway: Pick<PutAway, 'health'>;
  votes: Pick<Votes, 'clocks' | 'journals'>;
};

/** What is known of them here. */
export function createSpeaker(deps: Here & { connections(): number }): Speaker {
  const { registry, presence, putAway, votes, connections } = deps;
  return {
    connections,
    standingOf(terminalKey) {
      const terminalId = registry.terminalByKey(terminalKey)?.id;
      const journals = votes.journals.saidOf(terminalKey).slice(-MAX_JOURNALS);
      if (terminalId === undefined)
        return { terminalKey, online: false, lastSeenAt: null, clockApartMs: null, setAside: 0, journals };
      return {
        terminalKey,
        online: presence.isOnline(terminalId),
        lastSeenAt: presence.lastSeenAt(terminalId),
        clockApartMs: votes.clocks.apartMs(terminalId),
        setAside: putAway.health.setAsideVotes(terminalId),
        journals,
      };
    },
  };
}

/** Whoever has the terminal knows best. */
export function showEverywhere(deps: Here & Pick<NeighboursStep, 'elsewhere'>): Everywhere {
  const { registry, presence, putAway, votes, elsewhere } = deps;
  const keyOf = (terminalId: string) => registry.terminal(terminalId)?.key ?? 0;
  const isElsewhere = (terminalId: string) =>
    !presence.isOnline(terminalId) && elsewhere.isOnline(keyOf(terminalId));
  return {
    isOnline: (terminalId) => presence.isOnline(terminalId) || elsewhere.isOnline(keyOf(terminalId)),
    lastSeenAt(terminalId) {
      const seenAt = Math.max(
        presence.lastSeenAt(terminalId) ?? 0,
        elsewhere.lastSeenAt(keyOf(terminalId)) ?? 0,
      );
      return seenAt === 0 ? null : seenAt;
    },
    isClockApart: (terminalId) =>
      isElsewhere(terminalId) ? elsewhere.isClockApart(keyOf(terminalId)) : votes.clocks.isApart(terminalId),
    setAsideVotes(terminalId) {
      const here = putAway.health.setAsideVotes(terminalId);
      return isElsewhere(terminalId) ? (elsewhere.setAside(keyOf(terminalId)) ?? here) : here;
    },
  };
}
