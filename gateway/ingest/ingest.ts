/** message → validated → committed → done (the broker's PUBACK) → acked → announced. Nothing is done before it is stored. */
import { type Ack, MAX_MISSING_RANGES } from '../../protocol/ack.ts';
import { topicOf } from '../../protocol/topics.ts';
import type { VotesMessage } from '../../protocol/vote.ts';
import type { Exclusions } from '../domain/exclusions.ts';
import type { Terminal } from '../domain/org.ts';
import { createTokenBuckets } from '../domain/token-buckets.ts';
import { createVoteRates, type VoteRateLimits, type VoteRates } from '../domain/vote-rates.ts';
import type { Corrected, KnownNumber, Ledger, Unjudged, VoteRecord } from '../store/ledger.ts';
import type { StoredVote } from '../store/neighbours.ts';
import type { VoteReads } from '../store/votes.ts';
import type { KnownNumbers } from './accounting.ts';
import { createAckSchedule } from './ack-schedule.ts';
import { createCommitLanes } from './commit-lanes.ts';
import { createHellos, type HelloDeps } from './hello.ts';
import { type Journal, MAX_FRAGMENTS } from './journal.ts';
import type { Journals } from './journals.ts';
import { createJudge, type JudgeDeps } from './judge.ts';
import { type BadVote, parseVotes } from './parse-votes.ts';
import { createReadings } from './readings.ts';
import type { QuarantineReason } from './reasons.ts';
import { createRefusals } from './refusals.ts';
import { TakenMessage } from './taken-message.ts';
import { createTurns } from './turns.ts';

export type IngestLimits = VoteRateLimits & { messagesPerS: number; burst: number };

/** A terminal beside the window it stands at, as the registry knows them. */
export type KnownTerminal = Terminal & { windowKey: number; votesTopic: string };

export type IngestEvents = {
  /** A vote is on the disk. */
  stored(vote: VoteRecord): void;
  /** It was there already, and nobody here knew: another gateway's, or one of a commit that was called failed. */
  storedBefore(vote: VoteRecord): void;
  /** Votes that were stored before have another verdict. */
  corrected(corrected: readonly Corrected[]): void;
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
  /** What terminals have had already. */
  stored: Pick<VoteReads, 'storedSince'>;
  ledger: Pick<Ledger, 'commit' | 'lanes' | 'laneOf' | 'knownNumbers'>;
  journals: Journals;
  now: () => number;
  /** For what measures a span: `now` may be set while it is measured. */
  monotonic: () => number;
  exclusions: () => Exclusions;
  verdicts: IngestVerdicts;
  publish: (topic: string, payload: string) => void;
  limits: IngestLimits;
  events: IngestEvents;
  /** Others may have stored votes of the same terminals. */
  hasNeighbours: boolean;
};

/** What counts for what, as far as it can be told at once. */
export type IngestVerdicts = {
  judge: JudgeDeps['verdict'];
  /** Another gateway has stored it. @returns what only what is stored can tell now; null when nobody here had said anything of it. */
  heard(vote: Pick<StoredVote, 'windowKey' | 'at'>): Unjudged | null;
  doubt(windowKey: number): void;
  /** `RuleGround.revision` of what it judges by; undefined where that is always the same. */
  judgedBy(): number | undefined;
};

export type IngestDone = (error?: Error) => void;

/** @returns when the next message of this terminal may be taken, if not at once. It neither throws nor rejects. */
export type TakeMessage = (
  terminal: KnownTerminal,
  payload: Buffer,
  done: IngestDone,
) => Promise<void> | undefined;

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
  /** When everything that came before is stored or refused, and its `done` was called. */
  settled(): Promise<void>;
  /**
   * For what reads again, or changes, what messages are judged by: runs `act` while none is under way. Those that come meanwhile are
   * taken afterwards. An act must not await another pause, nor `settled`.
   */
  pause<T>(act: () => T | Promise<T>): Promise<T>;
  /** Runs `act`, which stores something, in the turn of what it is of (a terminal's key, or one below 0): in no pause. */
  inTurn(key: number, act: () => Promise<void>): Promise<void>;
  /** Another gateway has stored these. @returns journals that must be `reread` to know what that means. */
  storedElsewhere(votes: readonly StoredVote[]): Set<number>;
  /** Stored votes that are to be judged again: some of them were judged by what is no longer so. */
  leave(unjudged: readonly Unjudged[]): void;
  /** Reads journals from the store again, each when nothing of its terminal is under way. @throws StoreFailure */
  reread(journalKeys: Iterable<number>): Promise<void>;
  /** Forgets what is not settled. */
  stop(): void;
};

/** Messages of one terminal that wait for their turn. */
const MAX_WAITING = 1_000;
const DAY_MS = 24 * 3_600_000;

/** @throws StoreFailure */
export async function openIngest(deps: IngestDeps): Promise<Ingest> {
  const { ledger, journals, now, monotonic, exclusions, publish, limits, events } = deps;
  /** Beyond what is kept of a terminal: there is nothing to decide about. */
  const unkept = new WeakSet<VoteRecord>();
  const queue = createCommitLanes(ledger, {
    batch: events.batch,
    corrected: events.corrected,
    keepsConflict(vote) {
      if (allowed(journals.terminalOf(vote.journalKey) as number)) return true;
      unkept.add(vote);
      return false;
    },
  });
  const turns = createTurns(queue.settled);
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

  let isStopped = false;
  const failed = (error: Error, done: IngestDone) => {
    // What was on its way then has nowhere to go.
    if (isStopped) return;
    events.failed(error);
    done(error);
  };

  const { refuse, allowed, mayHold, isFull } = createRefusals({
    ...{ queue, now, monotonic, quarantined: events.quarantined, failed },
    heldOf: journals.heldOf,
  });
  const readings = createReadings(now, monotonic);
  const rates = createVoteRates(limits);
  await rememberStored(rates, deps.stored, now());
  const { verdicts } = deps;
  const judge = createJudge({ readings, rates, exclusions, verdict: verdicts.judge });
  const isKept = (vote: VoteRecord) => !unkept.has(vote);
  const { doubt, judgedBy } = verdicts;
  const taking = { allowed, mayHold, isFull, rates, events, isKept, failed, heard, doubt, judgedBy };

  const take = (
    terminal: KnownTerminal,
    journal: Journal,
    { message, bad }: GoodMessage,
    known: KnownNumbers | null,
    receivedAt: number,
    done: IngestDone,
  ) => {
    const taken = new TakenMessage(taking, terminal, journal, message, known, receivedAt, done);
    for (const one of bad) taken.setAside(one);
    for (const pressed of message.votes)
      judge(terminal, journal, pressed, receivedAt, known?.get(pressed.seq), taken);
    queue.push(taken);
  };

  const leaveUnjudged = (unjudged: readonly Unjudged[]) =>
    queue.push({
      ...{ journalKey: null, votes: [], quarantine: [], unjudged },
      stored() {},
      refused: (error) => failed(error, () => {}),
    });

  /** In its terminal's turn: what is under way of it is stored first, and counted. */
  const lookAgain = async (journalKey: number) => {
    await queue.settled();
    await journals.reread(journalKey);
  };

  /** Some of its numbers are accounted for, and as what only the store knows. */
  const takeKnown = async (
    terminal: KnownTerminal,
    journal: Journal,
    good: GoodMessage,
    done: IngestDone,
  ): Promise<void> => {
    try {
      // What is under way may speak of the same numbers. Nothing else changes them until this message is in the queue.
      await queue.settled();
      const seqs = accountedOf(journal, good.message);
      const known = await ledger.knownNumbers(journal.key, seqs);
      const bySeq = new Map(seqs.map((seq, at) => [seq, known[at] as KnownNumber]));
      take(terminal, journal, good, bySeq, now(), done);
    } catch (error) {
      failed(error as Error, done);
    }
  };

  const takeGood = (
    terminal: KnownTerminal,
    journal: Journal,
    all: GoodMessage,
    payload: Buffer,
    done: IngestDone,
  ): Promise<void> | undefined => {
    const last = Math.max(all.message.votes.at(-1)?.seq ?? 0, all.bad.at(-1)?.seq ?? 0);
    const receivedAt = now();
    if (!journal.history.isPossible(last, receivedAt)) {
      disbelieve(terminal, journal);
      return void refuse(terminal, terminal.votesTopic, 'counter-implausible', payload, done);
    }
    const good = journal.accounted.fragments < MAX_FRAGMENTS ? all : withoutGaps(journal, all);
    if (good.message.votes.length + good.bad.length === 0)
      return void refuse(terminal, terminal.votesTopic, 'gap-limit', payload, done);
    if (mayBeVoid(journal, good.message)) return takeKnown(terminal, journal, good, done);
    return void take(terminal, journal, good, null, receivedAt, done);
  };

  const withJournal: HelloDeps['withJournal'] = (terminal, epoch, { topic, payload, done }, act) => {
    const known = journals.known(terminal, epoch);
    if (known) return act(known);
    return journals
      .open(terminal, epoch, now())
      .then((journal) => (journal ? act(journal) : refuse(terminal, topic, 'epoch-limit', payload, done)))
      .catch((error: Error) => failed(error, done));
  };

  const takeVotes: TakeMessage = (terminal, payload, done) => {
    const topic = terminal.votesTopic;
    const parsed = parseVotes(payload);
    if (!parsed.ok) return void refuse(terminal, topic, parsed.reason, payload, done);
    const { message } = parsed;
    const known = journals.known(terminal, message.epoch);
    if (known) return takeGood(terminal, known, parsed, payload, done);
    return withJournal(terminal, message.epoch, { topic, payload, done }, (journal) =>
      takeGood(terminal, journal, parsed, payload, done),
    );
  };

  const inTurn =
    (act: TakeMessage): Ingest['votes'] =>
    (terminal, payload, done) => {
      if (turns.isBusy(terminal.key))
        return turns.wait(terminal.key, () => {
          try {
            return act(terminal, payload, done);
          } catch (error) {
            return void failed(error as Error, done);
          }
        });
      const until = act(terminal, payload, done);
      if (until) turns.hold(terminal.key, until);
    };

  return {
    votes: inTurn(takeVotes),
    hello: inTurn(
      createHellos({
        ...{ queue, now, refuse, failed, withJournal, heard, disbelieve },
        lookAgain: deps.hasNeighbours ? ({ key }) => lookAgain(key) : null,
        clockHeard: (terminal, value) => events.clockHeard(terminal.id, readings.take(terminal.key, value)),
      }),
    ),
    quarantine: (terminal, topic, reason, payload, done) =>
      inTurn(() => void refuse(terminal, topic, reason, payload, done))(terminal, payload, done),

    storedElsewhere(votes) {
      const unclear = new Set<number>();
      // What an origin has given is in no journal, and was not pressed: no other vote's verdict follows from it.
      const pressed = votes.filter(({ journalKey }) => journalKey > 0);
      const unjudged = pressed.flatMap((vote) => verdicts.heard(vote) ?? []);
      if (unjudged.length > 0) leaveUnjudged(unjudged);
      for (const vote of pressed) {
        if (!journals.storedElsewhere(vote)) unclear.add(vote.journalKey);
        const terminalKey = journals.terminalOf(vote.journalKey);
        if (terminalKey !== undefined) rates.remember(terminalKey, vote.at, 1);
      }
      return unclear;
    },
    leave: leaveUnjudged,
    async reread(journalKeys) {
      for (const key of journalKeys) {
        const terminalKey = await journals.findTerminalOf(key);
        if (terminalKey !== undefined) await turns.during(terminalKey, () => lookAgain(key));
      }
    },
    delayMs: (terminal) => messageRate.takeOnCredit(terminal.key, monotonic(), MAX_WAITING),
    settled: () => turns.pause(() => {}),
    pause: turns.pause,
    inTurn: turns.during,
    stop() {
      isStopped = true;
      turns.stop();
      queue.stop();
      acks.stop();
    },
  };
}

type GoodMessage = { message: VotesMessage; bad: readonly BadVote[] };

/** Is one of its numbers accounted for, and may no vote be stored under it? Of nearly every message it is not. */
function mayBeVoid(journal: Journal, { votes }: VotesMessage): boolean {
  if (journal.lost + journal.quarantined === 0) return false;
  return votes.some(({ seq }) => journal.accounted.has(seq));
}

function accountedOf(journal: Journal, { votes }: VotesMessage): number[] {
  return votes.filter(({ seq }) => journal.accounted.has(seq)).map(({ seq }) => seq);
}

/** Filling the first hole is always welcome: only what would make more of them is left out. */
function withoutGaps({ accounted }: Journal, { message, bad }: GoodMessage): GoodMessage {
  const seqs = [...message.votes, ...bad].map(({ seq }) => seq).sort((a, b) => a - b);
  const end = accounted.runEnd(seqs);
  const votes = message.votes.filter(({ seq }) => seq < end);
  return { message: { ...message, votes }, bad: bad.filter(({ seq }) => seq < end) };
}

/** What a terminal has had today and this hour is not forgotten with a restart. */
async function rememberStored(rates: VoteRates, stored: IngestDeps['stored'], now: number): Promise<void> {
  const startOfDay = now - (now % DAY_MS);
  for await (const { terminalKey, quarterStart, votes } of stored.storedSince(startOfDay))
    rates.remember(terminalKey, quarterStart, votes);
}
