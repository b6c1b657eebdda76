/**
 * Whether the terminal can take votes now. It is found out before the next citizen is disappointed: the room on the card is
 * looked at every few seconds, and a journal that failed is tried again until it works.
 */
import type { Faults } from '../board/faults.ts';
import { JOURNAL_SOURCE, measureDisk } from '../board/health.ts';
import { DeviceError, messageOf } from '../errors.ts';
import type { Feedback } from '../feedback/feedback.ts';
import type { Journal } from './journal.ts';

export type JournalWatch = {
  start(): void;
  stop(): void;
  /** A vote was written, or could not be. */
  worked(): void;
  failed(error: unknown): void;
  /** Votes can be taken, as far as is known. */
  isWell(): boolean;
};

export type JournalWatchOptions = {
  journal: Journal;
  journalPath: string;
  monoMs: () => number;
  faults: Faults;
  feedback: Pick<Feedback, 'setOutOfOrder'>;
  /** After every look: whether votes can be taken has changed. */
  onChange: () => void;
  /** After every look that found all well. */
  onWell: () => void;
};

const LOOK_EVERY_MS = 5_000;
/** A card that has died or hangs is found out while nobody presses; 300 small writes a day are nothing to it. */
const PROVE_EVERY_MS = 300_000;
/** With less than this left, whether a vote still fits is tried, not guessed. */
const LOW_DISK_BYTES = 1 << 20;

export function createJournalWatch(options: JournalWatchOptions): JournalWatch {
  const { journal, journalPath, monoMs, faults, feedback, onChange, onWell } = options;
  let outOfOrder = false;
  let provedAtMs = monoMs();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const change = (active: boolean) => {
    if (outOfOrder === active) return;
    outOfOrder = active;
    feedback.setOutOfOrder(active);
    onChange();
  };
  const worked = () => {
    provedAtMs = monoMs();
    faults.clear(JOURNAL_SOURCE);
    change(false);
  };
  const failed = (error: unknown) => {
    // The health report says this code; what is not ours has one that no gateway would take.
    const code = error instanceof DeviceError ? error.code : 'journal-write-failed';
    // One reason at a time: the newest is the one that counts.
    for (const known of faults.list()[JOURNAL_SOURCE] ?? [])
      if (known !== code) faults.set(JOURNAL_SOURCE, { code: known, message: '', active: false });
    faults.set(JOURNAL_SOURCE, { code, message: messageOf(error), active: true });
    change(true);
  };
  const look = async () => {
    const disk = await measureDisk(journalPath);
    if (stopped) return;
    const isLow = disk !== undefined && disk.freeBytes < LOW_DISK_BYTES;
    const isUnproved = monoMs() - provedAtMs > PROVE_EVERY_MS;
    if (isLow || isUnproved || outOfOrder || journal.trouble !== null) {
      try {
        journal.rehearse();
        worked();
      } catch (error) {
        failed(error);
      }
    }
    if (!outOfOrder) onWell();
  };

  return {
    start() {
      if (journal.trouble !== null) failed(journal.trouble);
      void look();
      timer = setInterval(() => void look(), LOOK_EVERY_MS);
    },
    stop() {
      stopped = true;
      clearInterval(timer);
    },
    worked,
    failed,
    isWell: () => !outOfOrder,
  };
}
