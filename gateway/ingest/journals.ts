/** What the gateway knows of every terminal's journals: which numbers it has, and what the terminal says it has taken. */
import type { Completeness } from '../../protocol/score.ts';
import { reconcile } from '../domain/completeness.ts';
import { newJournalHistory } from '../domain/journal-history.ts';
import type { JournalStore } from '../store/journals.ts';
import type { Ledger } from '../store/ledger.ts';
import type { StoredVote } from '../store/neighbours.ts';
import { accountVote } from './accounting.ts';
import {
  beginJournal,
  evidenceIn,
  heldIn,
  type Journal,
  restoreJournal,
  takeAnnounced,
  takeStored,
  takeTotals,
} from './journal.ts';

/** Journals one terminal may begin; a new one means a new SD card or a corrupt file, so this is years of those. */
export const MAX_EPOCHS_PER_TERMINAL = 256;

type OfTerminal = { key: number; id: string };

export type Journals = {
  /** The terminal's journal of that epoch, if it is known: nearly every time. */
  known(terminal: OfTerminal, epoch: string): Journal | undefined;
  /**
   * The terminal's journal of that epoch, begun if it is new, the same for all that ask at once; null when the terminal has
   * begun too many. @throws StoreFailure
   */
  open(terminal: OfTerminal, epoch: string, now: number): Promise<Journal | null>;
  /** What the evidences of a terminal's journals say; of those that are not closed. */
  evidenceOf(terminalKey: number): { journals: Completeness[]; allClosed: boolean };
  /** Undecided quarantine records of a terminal's journals. */
  heldOf(terminalKey: number): number;
  /** Of all terminals. */
  held(): number;
  /** Key of the terminal whose journal it is; undefined for one that is not known here. */
  terminalOf(journalKey: number): number | undefined;
  /** … also of one that only the store knows. @throws StoreFailure */
  findTerminalOf(journalKey: number): Promise<number | undefined>;
  /** Another gateway has stored a vote of it. @returns false when the journal must be `reread` to know what that means. */
  storedElsewhere(vote: StoredVote): boolean;
  /**
   * Reads one from the store again, or for the first time: another gateway has written more of it than votes. Nothing of its terminal
   * may be under way, and no other reading of it either. @throws StoreFailure
   */
  reread(journalKey: number): Promise<void>;
  /** What a terminal has said of its journals to this gateway. */
  saidOf(terminalKey: number): Said[];
  /** … to another one. @returns false when the journal must be `reread` first: it was begun there. */
  saidElsewhere(said: Said): boolean;
  /** Keeps what terminals have said across a restart. It is said again at every hello, so this need not be at once. */
  save(): Promise<void>;
  /**
   * Reads everything from the store again. What terminals have said meanwhile is kept; a Journal that was handed out before is
   * no longer one of these. So nothing of a terminal may be under way: see Ingest.pause. @throws StoreFailure; all stays as it was.
   */
  reload(): Promise<void>;
};

/** What a terminal says of one of its journals. */
export type Said = Pick<Journal, 'key' | 'totals' | 'announced' | 'implausible'>;

export type JournalsDeps = {
  store: JournalStore;
  ledger: Pick<Ledger, 'openJournal' | 'accountedRanges'>;
  /** Votes that a terminal can honestly have a day. */
  perDay: number;
  /** Has a person asked the terminal for the votes of this epoch? */
  isAskedFor?: (terminalKey: number, epoch: string) => boolean;
};

/** The journals of one terminal. */
type Shelf = {
  epochs: Map<string, Journal>;
  /** The one that was asked for last: terminals change theirs once in years. */
  latest: Journal | null;
  opening: Map<string, Promise<Journal>>;
};

/** @throws StoreFailure */
export async function openJournals(deps: JournalsDeps): Promise<Journals> {
  const { store, ledger, perDay, isAskedFor = () => false } = deps;
  let shelves = new Map<number, Shelf>();
  /** Of every journal that is known. */
  let byKey = new Map<number, Journal>();
  /** Of journals that are being read: what was stored elsewhere meanwhile. */
  const heardMeanwhile = new Map<number, StoredVote[]>();

  const shelfOf = (terminalKey: number): Shelf => {
    let shelf = shelves.get(terminalKey);
    if (!shelf) {
      shelf = { epochs: new Map(), latest: null, opening: new Map() };
      shelves.set(terminalKey, shelf);
    }
    return shelf;
  };
  const hold = (journal: Journal): Journal => {
    shelfOf(journal.terminalKey).epochs.set(journal.epoch, journal);
    byKey.set(journal.key, journal);
    return journal;
  };
  const all = (): Journal[] => [...shelves.values()].flatMap(({ epochs }) => [...epochs.values()]);

  const reload = async () => {
    const restored: Journal[] = [];
    for (const record of await store.journals()) restored.push(await restoreJournal(record, ledger, perDay));
    const found = new Map(restored.map((journal) => [nameOf(journal), journal]));
    const before = all();
    for (const journal of before) {
      if (found.has(nameOf(journal))) continue;
      // It was begun, and nothing of it is stored yet.
      const { terminalKey, epoch, history } = journal;
      const { key } = await ledger.openJournal(terminalKey, epoch);
      restored.push(beginJournal({ key, terminalKey, terminalId: '', epoch, history }));
    }
    shelves = new Map();
    byKey = new Map();
    restored.forEach(hold);
    for (const { terminalKey, terminalId, epoch, totals, announced, history, implausible } of before) {
      const journal = shelves.get(terminalKey)?.epochs.get(epoch) as Journal;
      if (totals) takeTotals(journal, totals);
      takeAnnounced(journal, announced);
      Object.assign(journal, { terminalId, history, implausible });
    }
  };
  await reload();

  const begin = async (shelf: Shelf, terminal: OfTerminal, epoch: string, now: number): Promise<Journal> => {
    const { key: terminalKey, id: terminalId } = terminal;
    // That it had a later journal before says nothing of one that a person has asked for: it is older than that.
    const heard = isAskedFor(terminalKey, epoch) ? [] : [...shelf.epochs.values()];
    const heardAt = Math.max(0, ...heard.map(({ history }) => history.known.at ?? 0));
    const history = newJournalHistory(heardAt === 0 ? null : Math.min(heardAt, now), now, perDay);
    const { key } = await ledger.openJournal(terminalKey, epoch);
    return hold(beginJournal({ key, terminalKey, terminalId, epoch, history }));
  };

  const known: Journals['known'] = (terminal, epoch) => {
    const shelf = shelves.get(terminal.key);
    if (!shelf) return undefined;
    if (shelf.latest?.epoch !== epoch) {
      const journal = shelf.epochs.get(epoch);
      if (!journal) return undefined;
      shelf.latest = journal;
      journal.terminalId = terminal.id;
    }
    return shelf.latest;
  };

  return {
    known,
    async open(terminal, epoch, now) {
      const journal = known(terminal, epoch);
      if (journal) return journal;
      const shelf = shelfOf(terminal.key);
      let opening = shelf.opening.get(epoch);
      if (!opening) {
        if (shelf.epochs.size + shelf.opening.size >= MAX_EPOCHS_PER_TERMINAL) return null;
        opening = begin(shelf, terminal, epoch, now).finally(() => shelf.opening.delete(epoch));
        shelf.opening.set(epoch, opening);
      }
      return opening;
    },
    evidenceOf(terminalKey) {
      const journals = shelves.get(terminalKey)?.epochs;
      const open: Completeness[] = [];
      if (journals)
        for (const journal of journals.values())
          if (!journal.closed) open.push(reconcile(evidenceIn(journal)));
      return { journals: open, allClosed: open.length === 0 && journals !== undefined && journals.size > 0 };
    },
    heldOf(terminalKey) {
      let held = 0;
      for (const journal of shelves.get(terminalKey)?.epochs.values() ?? []) held += heldIn(journal);
      return held;
    },
    held() {
      let held = 0;
      for (const { epochs } of shelves.values())
        for (const journal of epochs.values()) held += heldIn(journal);
      return held;
    },
    terminalOf: (journalKey) => byKey.get(journalKey)?.terminalKey,
    findTerminalOf: async (journalKey) =>
      (byKey.get(journalKey) ?? (await store.journal(journalKey)))?.terminalKey,
    storedElsewhere(vote) {
      heardMeanwhile.get(vote.journalKey)?.push(vote);
      const journal = byKey.get(vote.journalKey);
      if (journal === undefined) return false;
      if (!journal.accounted.has(vote.seq)) {
        accountVote(journal, vote, null);
        return true;
      }
      // It may have been given up or set aside before.
      return journal.lost + journal.quarantined === 0;
    },
    async reread(journalKey) {
      const heard: StoredVote[] = [];
      heardMeanwhile.set(journalKey, heard);
      try {
        const record = await store.journal(journalKey);
        if (record === undefined) return;
        const read = await restoreJournal(record, ledger, perDay);
        for (const vote of heard) if (!read.accounted.has(vote.seq)) accountVote(read, vote, null);
        const known = byKey.get(journalKey);
        if (known === undefined) hold(read);
        else takeStored(known, read);
      } finally {
        heardMeanwhile.delete(journalKey);
      }
    },
    saidOf(terminalKey) {
      const journals = [...(shelves.get(terminalKey)?.epochs.values() ?? [])];
      return journals
        .filter(({ terminalId, closed }) => terminalId !== '' && !closed)
        .map(({ key, totals, announced, implausible }) => ({ key, totals, announced, implausible }));
    },
    saidElsewhere({ key, totals, announced, implausible }) {
      const journal = byKey.get(key);
      if (journal === undefined) return false;
      // It is kept by the gateway that was told.
      const { unsaved } = journal;
      if (totals) takeTotals(journal, totals);
      takeAnnounced(journal, announced);
      Object.assign(journal, { implausible, unsaved });
      return true;
    },
    async save() {
      const changed = all().filter(({ unsaved }) => unsaved);
      if (changed.length === 0) return;
      const announcements = changed.map(({ key, totals, announced, history }) => ({
        journalKey: key,
        totals,
        announced,
        known: { ...history.known },
        floorAt: history.floorAt,
      }));
      // Before, not after: what is said while it is being saved is not saved by it.
      for (const journal of changed) journal.unsaved = false;
      try {
        await store.saveAnnouncements(announcements);
      } catch (error) {
        for (const journal of changed) journal.unsaved = true;
        throw error;
      }
    },
    reload,
  };
}

const nameOf = ({ terminalKey, epoch }: { terminalKey: number; epoch: string }) => `${terminalKey}/${epoch}`;
