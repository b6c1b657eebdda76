/** A message of votes on its way through the commit. A busy gateway makes one for every vote: one object, and no function. */
import type { VotesMessage } from '../../protocol/vote.ts';
import { votesIn } from '../domain/tally.ts';
import type { VoteRates } from '../domain/vote-rates.ts';
import type { Correction, QuarantineRecord, Unjudged, VoteOutcome, VoteRecord } from '../store/ledger.ts';
import { accountHeld, accountVote, type KnownNumbers } from './accounting.ts';
import type { Commitment } from './commit-queue.ts';
import type { IngestDone, IngestEvents, KnownTerminal } from './ingest.ts';
import { type Journal, noteKnown, takeTotals } from './journal.ts';
import type { Judged } from './judge.ts';
import type { BadVote } from './parse-votes.ts';
import type { HeldReason, QuarantineReason } from './reasons.ts';
import { KEPT_PAYLOAD_CHARS, type Refusals } from './refusals.ts';

/** What all messages have in common. */
export type TakenDeps = Pick<Refusals, 'allowed' | 'mayHold' | 'isFull'> & {
  rates: VoteRates;
  events: Pick<IngestEvents, 'stored' | 'storedBefore' | 'duplicates' | 'quarantined'>;
  /** Is the other body of this vote, which is in conflict, kept for a person to decide on? */
  isKept(vote: VoteRecord): boolean;
  /** What is remembered of the votes of a window is not what is stored. */
  doubt(windowKey: number): void;
  judgedBy(): number | undefined;
  failed(error: Error, done: IngestDone): void;
  heard(terminal: KnownTerminal, journal: Journal): void;
};

const NONE: readonly never[] = [];

/** Most messages have one vote, and nothing for the quarantine: an array that begins empty has room for seventeen as soon as it has one. */
function withOneMore<T>(those: readonly T[], one: T): readonly T[] {
  if (those.length === 0) return [one];
  (those as T[]).push(one);
  return those;
}

export class TakenMessage implements Commitment, Judged {
  readonly journalKey: number;
  votes: readonly VoteRecord[] = NONE;
  quarantine: readonly QuarantineRecord[] = NONE;
  corrections: readonly Correction[] = NONE;
  unjudged: readonly Unjudged[] = NONE;
  readonly judgedBy: number | undefined;
  private repeats: Set<VoteRecord> | null = null;
  private readonly deps: TakenDeps;
  private readonly terminal: KnownTerminal;
  private readonly journal: Journal;
  private readonly message: VotesMessage;
  private readonly known: KnownNumbers | null;
  private readonly receivedAt: number;
  private readonly done: IngestDone;
  /** As many votes as it says can there be. */
  private readonly isCountPlausible: boolean;

  constructor(
    deps: TakenDeps,
    terminal: KnownTerminal,
    journal: Journal,
    message: VotesMessage,
    known: KnownNumbers | null,
    receivedAt: number,
    done: IngestDone,
  ) {
    this.deps = deps;
    this.terminal = terminal;
    this.journal = journal;
    this.journalKey = journal.key;
    this.message = message;
    this.known = known;
    this.receivedAt = receivedAt;
    this.done = done;
    this.judgedBy = deps.judgedBy();
    this.isCountPlausible = journal.history.isPossible(votesIn(message.totals), receivedAt);
  }

  vote(vote: VoteRecord, isRepeat: boolean): void {
    this.votes = withOneMore(this.votes, vote);
    if (!isRepeat) return;
    this.repeats ??= new Set();
    this.repeats.add(vote);
  }

  hold(seq: number, reason: HeldReason, payload: string): void {
    const wasSetAside = (this.known?.get(seq)?.setAsideReason ?? null) !== null;
    if (this.deps.mayHold(this.terminal.key)) this.keep(seq, reason, payload, wasSetAside);
    else this.tellFull();
  }

  correct(correction: Correction): void {
    this.corrections = withOneMore(this.corrections, correction);
  }

  leave(unjudged: Unjudged): void {
    this.unjudged = withOneMore(this.unjudged, unjudged);
  }

  setAside({ seq, reason, payload }: BadVote): void {
    // One that is accounted for already adds nothing.
    if (this.journal.accounted.has(seq)) return;
    if (this.deps.allowed(this.terminal.key)) this.keep(seq, reason, payload, false);
    else this.tellFull();
  }

  stored(outcomes: readonly VoteOutcome[], first: number): void {
    const { journal, terminal, votes, quarantine, message, deps } = this;
    let duplicates = 0;
    for (let at = 0; at < votes.length; at++) {
      const vote = votes[at] as VoteRecord;
      const outcome = outcomes[first + at];
      if (outcome === 'stored') {
        accountVote(journal, vote, this.known);
        deps.events.stored(vote);
      } else if (outcome === 'duplicate') {
        duplicates += 1;
        if (!journal.accounted.has(vote.seq)) {
          accountVote(journal, vote, this.known);
          deps.events.storedBefore(vote);
        }
      } else {
        if (deps.isKept(vote)) journal.conflicts.add(vote.seq);
        deps.doubt(vote.windowKey);
        deps.events.quarantined('identity-conflict', terminal.id);
      }
    }
    for (const { seq } of quarantine) accountHeld(journal, seq as number, this.known);
    if (duplicates > 0) deps.events.duplicates(duplicates);
    journal.implausible = !this.isCountPlausible;
    if (this.isCountPlausible) {
      takeTotals(journal, message.totals);
      noteKnown(journal, Math.max(votesIn(message.totals), message.votes.at(-1)?.seq ?? 0), this.receivedAt);
    }
    this.done();
    deps.heard(terminal, journal);
  }

  refused(error: Error): void {
    const { deps, terminal, votes, repeats, done } = this;
    // It will be sent again, and is not to be counted twice for that.
    for (const vote of votes) {
      if (!repeats?.has(vote)) deps.rates.giveBack(terminal.key, vote.at);
      deps.doubt(vote.windowKey);
    }
    deps.failed(error, done);
  }

  private keep(seq: number, reason: QuarantineReason, payload: string, replaces: boolean): void {
    const { terminal, journal, receivedAt, deps } = this;
    deps.events.quarantined(reason, terminal.id);
    this.quarantine = withOneMore(this.quarantine, {
      ...{ receivedAt, reason, terminalKey: terminal.key, topic: terminal.votesTopic },
      ...{ journalKey: journal.key, seq, payload: payload.slice(0, KEPT_PAYLOAD_CHARS) },
      ...(replaces && { replaces: true as const }),
    });
  }

  /** One over the budget stays in the terminal's journal for now. */
  private tellFull(): void {
    const { terminal, deps } = this;
    if (deps.isFull(terminal.key)) deps.events.quarantined('held-limit', terminal.id);
  }
}
