/** message → validated → committed → done (the broker's PUBACK) → acked → announced. Nothing is done before it is stored. */
import { type Ack, MAX_MISSING_RANGES } from '../../protocol/ack.ts';
import { topicOf } from '../../protocol/topics.ts';
import { RATINGS, type Rating, type VotesMessage } from '../../protocol/vote.ts';
import type { Exclusions } from '../domain/exclusions.ts';
import type { Terminal } from '../domain/org.ts';
import { votesIn } from '../domain/tally.ts';
import { createTokenBuckets } from '../domain/token-buckets.ts';
import { createVoteRates, type VoteRateLimits, type VoteRates } from '../domain/vote-rates.ts';
import type { QuarantineRecord, Store, VoteOutcome, VoteRecord } from '../store/store.ts';
import { createAckSchedule } from './ack-schedule.ts';
import { createCommitQueue } from './commit-queue.ts';
import { createHellos } from './hello.ts';
import { type Journal, MAX_FRAGMENTS, noteKnown, takeTotals } from './journal.ts';
import type { Journals } from './journals.ts';
import { createJudge } from './judge.ts';
import { type BadVote, parseVotes } from './parse-votes.ts';
import { createReadings } from './readings.ts';
import type { QuarantineReason } from './reasons.ts';
import { createRefusals, KEPT_PAYLOAD_CHARS } from './refusals.ts';

export type IngestLimits = VoteRateLimits & { messagesPerS: number; burst: number };

/** A terminal beside the window it stands at, as the registry knows them. */
export type KnownTerminal = Terminal & { windowKey: number; votesTopic: string };

export type IngestEvents = {
  /** A vote is on the disk. */
  stored(vote: VoteRecord): void;
  /** What is known of a terminal's journals has changed. */
  evidence(terminal: KnownTerminal): void;
  duplicates(count: number): void;
  quarantined(reason: QuarantineReason, terminalId: string): void;
  /** The terminal's clock minus the gateway's, milliseconds, where they disagree; null where they do not. */
  clockHeard(terminalId: string, apartMs: number | null): void;
  batch(votes: number, durationMs: number): void;
  failed(error: Error): void;
};

export type IngestDeps = {
  store: Store;
  journals: Journals;
  now: () => number;
  /** For what measures a span: `now` may be set while it is measured. */
  monotonic: () => number;
  exclusions: () => Exclusions;
  publish: (topic: string, payload: string) => void;
  limits: IngestLimits;
  events: IngestEvents;
};

export type IngestDone = (error?: Error) => void;

export type Ingest = {
  votes(terminal: KnownTerminal, payload: Buffer, done: IngestDone): void;
  hello(terminal: KnownTerminal, payload: Buffer, done: IngestDone): void;
  /** Keeps a message that is not acceptable, with its reason. */
  quarantine(
    terminal: KnownTerminal,
    topic: string,
    reason: QuarantineReason,
    payload: Buffer,
    done: IngestDone,
  ): void;
  /**
   * How long to wait before taking one more message of this terminal, milliseconds. What comes too fast is not dropped
   * but taken later: the broker reads no more from that connection meanwhile, so a flood costs the flooder only. Null: so
   * much of this terminal is waiting already (of connections that have ended, too) that it is to be cut.
   */
  delayMs(terminal: KnownTerminal): number | null;
  flush(): void;
  stop(): void;
};

/** @see Judgement */
type Kept = QuarantineRecord & { was: 'lost' | 'set-aside' | null };

/** Messages of one terminal that wait for their turn. */
const MAX_WAITING = 1_000;
const DAY_MS = 24 * 3_600_000;

export function createIngest(deps: IngestDeps): Ingest {
  const { store, journals, now, monotonic, exclusions, publish, limits, events } = deps;
  /** Beyond what is kept of a terminal: there is nothing to decide about. */
  const unkept = new WeakSet<VoteRecord>();
  const queue = createCommitQueue(store, events.batch, (vote) => {
    if (allowed(journals.terminalOf(vote.sourceKey))) return true;
    unkept.add(vote);
    return false;
  });
  const messageRate = createTokenBuckets(limits.messagesPerS, limits.burst);

  const acks = createAckSchedule<Journal>(({ terminalId, epoch, accounted }) => {
    // What is announced and not here may simply be on its way: missing are only the holes below what has arrived.
    const missing = accounted.missing(accounted.max, MAX_MISSING_RANGES);
    const ack: Ack = { epoch, upTo: accounted.upTo, missing, time: now() };
    publish(topicOf(terminalId, 'ack'), JSON.stringify(ack));
  });

  /** The terminal has said something of this journal that is now taken. */
  const heard = (terminal: KnownTerminal, journal: Journal) => {
    acks.want(journal);
    events.evidence(terminal);
  };

  /** What it says of its numbers cannot be true: they are left as they were, and the window says so. */
  const disbelieve = (terminal: KnownTerminal, journal: Journal) => {
    journal.implausible = true;
    heard(terminal, journal);
  };

  const failed = (error: Error, done: IngestDone) => {
    events.failed(error);
    done(error);
  };

  const { refuse, allowed, mayHold, isFull } = createRefusals({
    ...{ queue, now, monotonic, quarantined: events.quarantined, failed },
    heldOf: journals.heldOf,
  });
  const readings = createReadings(now, monotonic);
  const rates = createVoteRates(limits);
  rememberStored(rates, store, now());
  const judge = createJudge({ store, readings, rates, exclusions });

  const take = (
    terminal: KnownTerminal,
    journal: Journal,
    message: VotesMessage,
    bad: BadVote[],
    done: IngestDone,
  ) => {
    const receivedAt = now();
    const votes: VoteRecord[] = [];
    const taken: VoteRecord[] = [];
    const kept: Kept[] = [];
    const keep = (
      { seq, reason, payload }: BadVote,
      permits: (terminalKey: number) => boolean,
      was: Kept['was'],
    ) => {
      // One over the budget stays in the terminal's journal for now.
      if (!permits(terminal.key)) {
        if (isFull(terminal.key)) events.quarantined('held-limit', terminal.id);
        return;
      }
      events.quarantined(reason, terminal.id);
      kept.push({
        receivedAt,
        reason,
        terminalKey: terminal.key,
        topic: terminal.votesTopic,
        sourceKey: journal.key,
        seq,
        payload: payload.slice(0, KEPT_PAYLOAD_CHARS),
        was,
        ...(was === 'set-aside' && { replaces: true }),
      });
    };
    // One that is accounted for already adds nothing.
    for (const one of bad) if (!journal.accounted.has(one.seq)) keep(one, allowed, null);
    for (const pressed of message.votes) {
      const judgement = judge(terminal, journal, pressed, receivedAt);
      if (judgement.kind === 'vote') {
        votes.push(judgement.vote);
        if (judgement.isNew) taken.push(judgement.vote);
      } else if (judgement.kind === 'held') keep({ ...judgement, seq: pressed.seq }, mayHold, judgement.was);
    }
    const said = votesIn(message.totals);
    const isCountPlausible = journal.history.isPossible(said, receivedAt);
    queue.push({
      votes,
      quarantine: kept,
      settled(result) {
        if (!result.ok) {
          // It will be sent again, and is not to be counted twice for that.
          for (const { at } of taken) rates.giveBack(terminal.key, at);
          return failed(result.error, done);
        }
        account(terminal, journal, votes, result, kept);
        journal.implausible = !isCountPlausible;
        if (isCountPlausible) {
          takeTotals(journal, message.totals);
          noteKnown(journal, Math.max(said, message.votes.at(-1)?.seq ?? 0), receivedAt);
        }
        done();
        heard(terminal, journal);
      },
    });
  };

  const account = (
    terminal: KnownTerminal,
    journal: Journal,
    votes: VoteRecord[],
    { outcomes, first }: { outcomes: VoteOutcome[]; first: number },
    kept: Kept[],
  ) => {
    let duplicates = 0;
    for (let at = 0; at < votes.length; at++) {
      const vote = votes[at] as VoteRecord;
      const outcome = outcomes[first + at];
      if (outcome === 'stored') {
        // A number given up for lost or set aside, and then sent well after all, is simply stored.
        if (journal.lost + journal.quarantined > 0 && journal.accounted.has(vote.seq)) {
          takeBack(journal, vote.seq);
        }
        journal.accounted.add(vote.seq);
        journal.stored[RATINGS[vote.rating] as Rating] += 1;
        events.stored(vote);
      } else if (outcome === 'duplicate') duplicates += 1;
      else {
        if (!unkept.has(vote)) journal.conflicts.add(vote.seq);
        events.quarantined('identity-conflict', terminal.id);
      }
    }
    for (const { seq: number, was } of kept) {
      const seq = number as number;
      // The same message may have come twice before this commit: one number is set aside once.
      if (was === 'lost') {
        if (journal.heldLost.has(seq)) continue;
        journal.heldLost.add(seq);
        noLongerLost(journal, seq);
      } else if (journal.accounted.has(seq)) continue;
      else journal.accounted.add(seq);
      journal.quarantined += 1;
      journal.held += 1;
    }
    if (duplicates > 0) events.duplicates(duplicates);
  };

  const takeBack = (journal: Journal, seq: number) => {
    if (journal.quarantined > 0 && store.setAsideReason(journal.key, seq) !== null) {
      journal.quarantined -= 1;
      if (store.isUndecided(journal.key, seq)) journal.held = Math.max(0, journal.held - 1);
      return;
    }
    noLongerLost(journal, seq);
  };

  const noLongerLost = (journal: Journal, seq: number) => {
    journal.lost -= 1;
    if (journal.writtenOff > 0 && store.isWrittenOff(journal.key, seq)) journal.writtenOff -= 1;
  };

  return {
    votes(terminal, payload, done) {
      const topic = terminal.votesTopic;
      const parsed = parseVotes(payload);
      if (!parsed.ok) return refuse(terminal, topic, parsed.reason, payload, done);
      let { message, bad } = parsed;
      let journal: Journal | null;
      try {
        journal = journals.open(terminal, message.epoch, now());
      } catch (error) {
        return failed(error as Error, done);
      }
      if (!journal) return refuse(terminal, topic, 'epoch-limit', payload, done);
      const last = Math.max(message.votes.at(-1)?.seq ?? 0, bad.at(-1)?.seq ?? 0);
      if (!journal.history.isPossible(last, now())) {
        disbelieve(terminal, journal);
        return refuse(terminal, topic, 'counter-implausible', payload, done);
      }
      if (journal.accounted.fragments >= MAX_FRAGMENTS) {
        // Filling the first hole is always welcome: only what would make more of them is refused.
        const end = journal.accounted.runEnd(
          [...message.votes, ...bad].map(({ seq }) => seq).sort((a, b) => a - b),
        );
        const votes = message.votes.filter(({ seq }) => seq < end);
        bad = bad.filter(({ seq }) => seq < end);
        if (votes.length + bad.length === 0) return refuse(terminal, topic, 'gap-limit', payload, done);
        message = { ...message, votes };
      }
      take(terminal, journal, message, bad, done);
    },

    hello: createHellos({
      ...{ journals, queue, now, refuse, failed, heard, disbelieve },
      clockHeard: (terminal, value) => events.clockHeard(terminal.id, readings.take(terminal.key, value)),
    }),
    quarantine: refuse,

    delayMs: (terminal) => messageRate.takeOnCredit(terminal.key, monotonic(), MAX_WAITING),
    flush: queue.flush,
    stop() {
      queue.stop();
      acks.stop();
    },
  };
}

/** What a terminal has had today and this hour is not forgotten with a restart. */
function rememberStored(rates: VoteRates, store: Pick<Store, 'storedSince'>, now: number): void {
  const startOfDay = now - (now % DAY_MS);
  for (const { terminalKey, quarterStart, votes } of store.storedSince(startOfDay))
    rates.remember(terminalKey, quarterStart, votes);
}
