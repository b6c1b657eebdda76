/** What the gateway knows of every terminal's journals: which numbers it has, and what the terminal says it has taken. */
import type { Completeness } from '../../protocol/score.ts';
import { reconcile } from '../domain/completeness.ts';
import { JournalHistory, newJournalHistory } from '../domain/journal-history.ts';
import { SeqRanges } from '../domain/seq-ranges.ts';
import type { SourceRecord, Store } from '../store/store.ts';
import { heldIn, type Journal, receivedOf, takeAnnounced, takeTotals } from './journal.ts';

/** Journals one terminal may begin; a new one means a new SD card or a corrupt file, so this is years of those. */
export const MAX_EPOCHS_PER_TERMINAL = 256;

export type Journals = {
  /** The terminal's journal of that epoch, begun if it is new; null when the terminal has begun too many. */
  open(terminal: { key: number; id: string }, epoch: string, now: number): Journal | null;
  /** What the evidences of a terminal's journals say; of those that are not closed. */
  evidenceOf(terminalKey: number): { journals: Completeness[]; allClosed: boolean };
  /** Undecided quarantine records of a terminal's journals. */
  heldOf(terminalKey: number): number;
  /** Of all terminals. */
  held(): number;
  /** Key of the terminal whose journal it is. */
  terminalOf(sourceKey: number): number;
  /** Keeps what terminals have said across a restart. It is said again at every hello, so this need not be at once. */
  save(): void;
  /**
   * Reads everything from the store again, after it was opened again. What terminals have said meanwhile is kept; a Journal
   * that was handed out before is no longer one of these.
   */
  reload(): void;
};

/**
 * @param perDay votes that a terminal can honestly have a day
 * @param isAskedFor has a person asked the terminal for the votes of this epoch?
 */
export function createJournals(
  store: Store,
  perDay: number,
  isAskedFor: (terminalKey: number, epoch: string) => boolean = () => false,
): Journals {
  let byTerminal = new Map<number, Map<string, Journal>>();
  let terminalOf = new Map<number, number>();

  const hold = (journal: Journal) => {
    const epochs = byTerminal.get(journal.terminalKey) ?? new Map<string, Journal>();
    epochs.set(journal.epoch, journal);
    byTerminal.set(journal.terminalKey, epochs);
    terminalOf.set(journal.key, journal.terminalKey);
    return journal;
  };
  const load = () => {
    const restored = store.sources().map((record) => restore(record, store, perDay));
    byTerminal = new Map();
    terminalOf = new Map();
    restored.forEach(hold);
  };
  load();

  const open: Journals['open'] = ({ key: terminalKey, id: terminalId }, epoch, now) => {
    const epochs = byTerminal.get(terminalKey);
    const known = epochs?.get(epoch);
    if (known) {
      known.terminalId = terminalId;
      return known;
    }
    if (epochs && epochs.size >= MAX_EPOCHS_PER_TERMINAL) return null;
    // That it had a later journal before says nothing of one that a person has asked for: it is older than that.
    const heard = isAskedFor(terminalKey, epoch) ? [] : [...(epochs?.values() ?? [])];
    const heardAt = Math.max(0, ...heard.map(({ history }) => history.known.at ?? 0));
    const { key } = store.openSource(terminalKey, epoch);
    return hold({
      key,
      terminalKey,
      terminalId,
      epoch,
      accounted: new SeqRanges(),
      stored: { satisfied: 0, basically: 0, unsatisfied: 0 },
      quarantined: 0,
      held: 0,
      conflicts: new Set(),
      lost: 0,
      heldLost: new Set(),
      writtenOff: 0,
      closed: false,
      implausible: false,
      totals: null,
      announced: 0,
      history: newJournalHistory(heardAt === 0 ? null : Math.min(heardAt, now), now, perDay),
      unsaved: false,
    });
  };

  return {
    open,
    evidenceOf(terminalKey) {
      const all = [...(byTerminal.get(terminalKey)?.values() ?? [])];
      const open = all.filter(({ closed }) => !closed);
      return {
        journals: open.map((journal) =>
          reconcile({ ...journal, held: heldIn(journal), received: receivedOf(journal) }),
        ),
        allClosed: all.length > 0 && open.length === 0,
      };
    },
    heldOf(terminalKey) {
      let held = 0;
      for (const journal of byTerminal.get(terminalKey)?.values() ?? []) held += heldIn(journal);
      return held;
    },
    held() {
      let held = 0;
      for (const epochs of byTerminal.values())
        for (const journal of epochs.values()) held += heldIn(journal);
      return held;
    },
    terminalOf: (sourceKey) => terminalOf.get(sourceKey) as number,
    save() {
      const changed = [...byTerminal.values()].flatMap((epochs) =>
        [...epochs.values()].filter(({ unsaved }) => unsaved),
      );
      if (changed.length === 0) return;
      store.saveAnnouncements(
        changed.map(({ key, totals, announced, history }) => ({
          sourceKey: key,
          totals,
          announced,
          known: history.known,
          floorAt: history.floorAt,
        })),
      );
      for (const journal of changed) journal.unsaved = false;
    },
    reload() {
      const before = [...byTerminal.values()].flatMap((epochs) => [...epochs.values()]);
      load();
      for (const { terminalKey, terminalId, epoch, totals, announced, history, implausible } of before) {
        const journal = open({ key: terminalKey, id: terminalId }, epoch, history.known.at ?? Date.now());
        if (journal && totals) takeTotals(journal, totals);
        if (!journal) continue;
        takeAnnounced(journal, announced);
        journal.history = history;
        journal.implausible = implausible;
      }
    },
  };
}

function restore(record: SourceRecord, store: Store, perDay: number): Journal {
  const { key, terminalKey, epoch, stored, quarantined, totals, announced } = record;
  const accounted = new SeqRanges();
  const storedCount = stored.satisfied + stored.basically + stored.unsatisfied;
  // As many votes as the highest number says: no hole. Only another journal is read vote by vote.
  if (storedCount === record.lastSeq && quarantined === 0 && !record.hasLost)
    accounted.add(1, record.lastSeq);
  else for (const [from, to] of store.accountedRanges(key)) accounted.add(from, to);
  // Not the sum of the noted ranges: a number given up for lost may have been stored after all.
  const lost = accounted.size - storedCount - quarantined;
  return {
    key,
    terminalKey,
    terminalId: '',
    epoch,
    accounted,
    stored,
    quarantined,
    held: record.held,
    conflicts: new Set(),
    lost,
    heldLost: new Set(),
    writtenOff: record.writtenOff,
    closed: record.closedAt !== null,
    implausible: false,
    totals,
    announced,
    history: new JournalHistory({ known: record.known, floorAt: record.floorAt, perDay }),
    unsaved: false,
  };
}
