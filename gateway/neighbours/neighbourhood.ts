/** The other gateways on the same database: what they are told of this one's terminals, and what is heard of theirs. */
import type { Corrected } from '../store/ledger.ts';
import type { CommitId, Neighbours, StoredVote } from '../store/neighbours.ts';
import { createElsewhere, type Elsewhere } from './elsewhere.ts';
import { createGateways, type OtherGateway } from './gateways.ts';
import { createTakes } from './takes.ts';
import {
  type JournalStanding,
  readWord,
  sizeOf,
  standingsOf,
  type TerminalStanding,
  type Word,
  wordsOf,
} from './words.ts';

/** What is known of a terminal, and who is there, is told so often. */
export const TELL_MS = 500;
/** One that was not heard for so long is gone: what it had stored and not announced is in the database. */
const GONE_MS = 5_000;
/** One's own words come round. */
const DEAF_MS = 3_000;
/** Votes, journals and terminals held back, some 100 bytes each; more than is worth keeping: everything is read again instead. */
const MAX_HELD = 500_000;

export type NeighbourhoodDeps = {
  neighbours: Neighbours;
  instance: string;
  now: () => number;
  monotonic: () => number;
  /** Of a terminal that is connected here, or was a moment ago. */
  standingOf(terminalKey: number): TerminalStanding;
  /** Terminals connected here. */
  connections(): number;
  events: {
    votes(commit: CommitId, votes: readonly StoredVote[]): void;
    corrected(commit: CommitId, corrected: readonly Corrected[]): void;
    journals(journalKeys: readonly number[]): void;
    /** What a terminal has said elsewhere. */
    said(journal: JournalStanding): void;
    /** It has signed in elsewhere, later than here. */
    takenOver(terminalKey: number): void;
    /** Something else is known of it. */
    touched(terminalKey: number): void;
    /** What is held in memory of the database is to be read again. */
    missed(): void;
  };
};

export type Neighbourhood = {
  elsewhere: Elsewhere;
  connected(terminalKey: number): void;
  disconnected(terminalKey: number): void;
  /** Something is known of one that is connected here. */
  touched(terminalKey: number): void;
  /** Nothing that others say is taken in before what is returned has been called. */
  hold(): () => void;
  /** Every TELL_MS. */
  tell(): void;
  others(): OtherGateway[];
  /** Does one's own word not come back? Then nobody else's comes, either. */
  isDeaf(): boolean;
  /** Begins to listen. @throws StoreFailure */
  join(): Promise<void>;
  leave(): Promise<void>;
};

export function createNeighbourhood(deps: NeighbourhoodDeps): Neighbourhood {
  const { neighbours, instance, now, monotonic, standingOf, connections, events } = deps;
  const elsewhere = createElsewhere();
  const takes = createTakes();
  const gateways = createGateways();
  const rolls = new Map<string, () => number[]>();
  let dirty = new Set<number>();
  let mustAsk = false;
  let ownHeardAt = monotonic();
  let holds = 0;
  let held: (() => void)[] = [];
  let heldSize = 0;

  const isDeaf = () => monotonic() - ownHeardAt > DEAF_MS;
  const say = (word: Word) => neighbours.tell(word);

  /** @param size how much it speaks of, beside itself */
  const inOrder = (act: () => void, size = 0) => {
    if (holds === 0) return act();
    heldSize += 1 + size;
    if (heldSize <= MAX_HELD) return void held.push(act);
    [held, heldSize] = [[], 0];
    missed();
  };

  const missed = () => {
    mustAsk = true;
    gateways.heardAgain(monotonic());
    events.missed();
  };

  const touch = (terminalKeys: Iterable<number>) => {
    for (const terminalKey of terminalKeys) events.touched(terminalKey);
  };

  const forget = (gateway: string) => {
    rolls.delete(gateway);
    touch(elsewhere.gone(gateway));
  };

  /** Both say that they have it: whoever is heard last has it. */
  const dispute = (terminalKey: number) => say({ take: takes.took(terminalKey), terminal: terminalKey });

  const hear = (from: string, word: Word) => {
    if ('beat' in word) gateways.counts(from, word.beat);
    else if ('take' in word) {
      elsewhere.took(from, word.terminal, now());
      if (takes.heardOther(word.terminal)) events.takenOver(word.terminal);
      events.touched(word.terminal);
    } else if ('standings' in word) {
      for (const standing of standingsOf(word)) {
        elsewhere.said(from, standing);
        if (standing.online && takes.isHere(standing.terminalKey)) dispute(standing.terminalKey);
        for (const journal of standing.journals) events.said(journal);
        events.touched(standing.terminalKey);
      }
    } else if ('roll' in word) {
      if (word.roll === 'begins') rolls.set(from, elsewhere.roll(from));
      else touch(rolls.get(from)?.() ?? []);
    } else if ('ask' in word) sayAll();
    else {
      gateways.left(from);
      forget(from);
    }
  };

  const sayAll = () => {
    say({ roll: 'begins' });
    for (const word of wordsOf([...takes.here()].map(standingOf))) say(word);
    say({ roll: 'ends' });
    say({ beat: connections() });
  };

  return {
    elsewhere,
    connected(terminalKey) {
      elsewhere.isHere(terminalKey);
      say({ take: takes.took(terminalKey), terminal: terminalKey });
      dirty.add(terminalKey);
    },
    disconnected(terminalKey) {
      takes.left(terminalKey);
      dirty.add(terminalKey);
    },
    touched: (terminalKey) => void dirty.add(terminalKey),
    hold() {
      holds += 1;
      let isReleased = false;
      return () => {
        if (isReleased) return;
        isReleased = true;
        holds -= 1;
        while (holds === 0 && held.length > 0) {
          const acts = held;
          [held, heldSize] = [[], 0];
          for (const act of acts) act();
        }
      };
    },
    tell() {
      if (!isDeaf())
        for (const gateway of gateways.silentSince(monotonic() - GONE_MS)) {
          forget(gateway);
          events.missed();
        }
      const standings = [...dirty].map(standingOf);
      dirty = new Set();
      for (const word of wordsOf(standings)) say(word);
      say({ beat: connections() });
      if (!mustAsk) return;
      mustAsk = false;
      say({ ask: true });
    },
    others: gateways.all,
    isDeaf,
    async join() {
      await neighbours.join(instance, {
        votes: (commit, votes) => inOrder(() => events.votes(commit, votes), votes.length),
        corrected: (commit, corrected) =>
          inOrder(() => events.corrected(commit, corrected), corrected.length),
        journals: (journalKeys) => inOrder(() => events.journals(journalKeys), journalKeys.length),
        missed: () => inOrder(missed),
        word(from, value) {
          const word = readWord(value);
          if (word === null) return;
          if (from === instance) {
            ownHeardAt = monotonic();
            if ('take' in word) inOrder(() => takes.heardOwn(word.terminal, word.take));
            return;
          }
          // It was slow, and called gone: it does not know. One that has just begun asks, and says all by itself.
          if (gateways.heard(from, monotonic()) && !('ask' in word)) mustAsk = true;
          inOrder(() => hear(from, word), sizeOf(word));
        },
      });
      ownHeardAt = monotonic();
      say({ ask: true });
      // Whoever is there already has asked before.
      sayAll();
    },
    async leave() {
      say({ bye: true });
      await neighbours.leave();
    },
  };
}
