/** The port to what terminals say of journals put away on their cards, and to what they are told to do with them. */
import type { SetAside } from '../../protocol/health.ts';
import type { Changes } from './changes.ts';
import type { ReviewTx } from './review.ts';

/** What a terminal last said; without journals where it had some before. */
export type PutAway = { terminalKey: number; reportedAt: number; journals: readonly SetAside[] };

/** The terminal's own word, or `expired` where it was never there to hear of it. */
export type CommandAnswer = { at: number; ok: boolean; code: string | null; detail: string | null };

export type CommandRecord = {
  id: string;
  terminalKey: number;
  op: string;
  args: { journal: string };
  reason: string;
  madeAt: number;
  /** As `writeActor` has it: it is shown, and nothing is decided by it. */
  madeBy: string;
  expiresAt: number;
  /** First brought to the terminal; null while it was not there. */
  deliveredAt: number | null;
  answer: CommandAnswer | null;
};

export interface CommandReads {
  /** Of every terminal that has any, or has had. */
  putAway(): Promise<PutAway[]>;
  /** Newest first. */
  commandsOf(terminalKey: number, limit: number): Promise<CommandRecord[]>;
  /** Of all terminals, those without an answer, oldest first. */
  openCommands(): Promise<CommandRecord[]>;
  /** @returns its key. */
  terminalKey(id: string): Promise<number | undefined>;
  /** Quarantined because another body is stored under their number, of one journal. */
  countConflicts(terminalKey: number, epoch: string): Promise<number>;
}

export interface CommandTx extends CommandReads, Pick<ReviewTx, 'journals' | 'writeOff'> {
  addCommand(command: Omit<CommandRecord, 'deliveredAt' | 'answer'>): Promise<void>;
  /**
   * @param undelivered only while no gateway has brought it
   * @returns false when there is no such command of this terminal without an answer.
   */
  answerCommand(
    id: string,
    terminalKey: number,
    answer: CommandAnswer,
    undelivered?: 'undelivered',
  ): Promise<boolean>;
}

export interface CommandStore extends CommandReads, Changes<CommandTx> {
  /**
   * Takes the place of what these terminals said before. What another gateway has heard later stays, unless that lies ahead of `now` by
   * more than clocks do.
   */
  notePutAway(reports: readonly PutAway[], now: number): Promise<void>;
  noteDelivered(ids: readonly string[], at: number): Promise<void>;
}
