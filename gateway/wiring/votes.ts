/** The wiring of votes: message → committed → announced. */
import type { Config } from '../config.ts';
import { createCalendar } from '../domain/calendar.ts';
import { CLOCK_TOLERANCE_MS } from '../domain/vote-time.ts';
import { type ClockAlarms, createClockAlarms } from '../fleet/clock-alarms.ts';
import { type Ingest, type KnownTerminal, openIngest } from '../ingest/ingest.ts';
import { type Journals, openJournals } from '../ingest/journals.ts';
import { createOriginVotes } from '../ingest/origin-votes.ts';
import type { Job } from '../jobs/job.ts';
import { judgeVotes } from '../jobs/judge-votes.ts';
import { type LiveExclusions, openExclusions } from '../scores/live-exclusions.ts';
import type { Corrected, VoteRecord } from '../store/ledger.ts';
import type { CommitId, StoredVote } from '../store/neighbours.ts';
import type { TakeOriginVotes } from '../store/origins.ts';
import { beginRules } from '../verdicts/first-rules.ts';
import { verdictAlone } from '../verdicts/judged.ts';
import { createLiveVerdicts } from '../verdicts/live-verdicts.ts';
import { openRuleBook, type RuleBook } from '../verdicts/rule-book.ts';
import { judgeStored } from '../verdicts/stored-verdicts.ts';
import { createVoteLog } from '../watch/vote-log.ts';
import { createJudgeStored } from './foresight.ts';
import type { Ground } from './ground.ts';
import type { NeighboursStep } from './neighbours.ts';
import { createSignal, type Heard } from './signal.ts';

export type VotesDeps = {
  config: Pick<
    Config,
    | 'messagesPerS'
    | 'messageBurst'
    | 'votesPerMinute'
    | 'votesPerHour'
    | 'votesPerDay'
    | 'timeZone'
    | 'dataDir'
    | 'database'
    | 'firstRules'
  >;
  ground: Pick<
    Ground,
    'log' | 'now' | 'monotonic' | 'store' | 'ledger' | 'standstill' | 'changes' | 'metrics' | 'storage'
  >;
  neighbours: NeighboursStep;
  /** To a terminal, if it is there. */
  say(topic: string, payload: string): void;
  /** The row of the terminal's window is another one. */
  touch(terminalId: string): void;
  isAskedFor(terminalKey: number, epoch: string): boolean;
};

export type MarkedVote = StoredVote & Pick<VoteRecord, 'excluded'>;

export type Votes = {
  ingest: Ingest;
  /** Of systems that are no terminals. */
  takeVotes: TakeOriginVotes;
  journals: Journals;
  clocks: ClockAlarms;
  exclusions: LiveExclusions['current'];
  rules: RuleBook;
  jobs: readonly Job[];
  /** A vote is on the disk. */
  stored: Heard<[vote: VoteRecord]>;
  /** … of another gateway, which has announced it. */
  storedElsewhere: Heard<[commit: CommitId, votes: readonly MarkedVote[]]>;
  /** Votes that were stored before count for something else. */
  corrected: Heard<[corrected: readonly Corrected[]]>;
  /** People have decided so here. */
  recount(corrected: readonly Corrected[]): void;
  /** Ends what looks through stored votes. */
  close(): Promise<void>;
  /** What is known of a terminal's journals is. */
  evidence: Heard<[terminal: KnownTerminal]>;
};

/** Within that time a gateway that stores votes has heard of whatever others have changed. */
const HEARD_OF_MS = 60_000;

/** @throws StoreFailure */
export async function openVotes(deps: VotesDeps): Promise<Votes> {
  const { config, ground, neighbours, say, touch, isAskedFor } = deps;
  const { log, now, monotonic, store, ledger, standstill, changes, metrics, storage } = ground;
  const { tallied, commitVotes, commitSeconds } = metrics;
  const journals = await openJournals({
    store: store.journals,
    ledger,
    perDay: config.votesPerDay,
    isAskedFor,
  });
  const exclusions = await openExclusions(store.review);
  const voteLog = createVoteLog(log, monotonic, touch);
  const clocks = createClockAlarms(voteLog);
  metrics.watchReview({
    held: journals.held,
    clocksApart: clocks.count,
    gatewayBehindMs: clocks.gatewayBehindMs,
  });
  const stored = createSignal<[VoteRecord]>();
  const corrected = createSignal<[readonly Corrected[]]>();
  const evidence = createSignal<[KnownTerminal]>();
  await beginRules(store.rules, createCalendar(config.timeZone), now(), config.firstRules);
  const book = await openRuleBook({ rules: store.rules, timeZone: config.timeZone });
  const saidOf = new Set<string>();
  const sayUnknownZones = () => {
    for (const { unitId, timeZone } of book.unknownZones()) {
      if (saidOf.has(`${unitId} ${timeZone}`)) continue;
      saidOf.add(`${unitId} ${timeZone}`);
      log.warn(
        { code: 'time-zone-not-here', unitId, timeZone },
        'this Node.js does not know the time zone of a unit: votes there are judged, and days told, by that of the unit above: update Node.js, or set another',
      );
    }
  };
  sayUnknownZones();
  const verdicts = createLiveVerdicts({
    ...{ rulesOf: book.rulesOf, judgedBy: book.groundRevision, now, aheadMs: CLOCK_TOLERANCE_MS },
    lastVotes: neighbours.has ? null : await store.votes.lastVotes(),
  });
  const ingest = await openIngest({
    ...{ stored: store.votes, ledger, journals, now, monotonic },
    ...{ exclusions: exclusions.current, verdicts },
    hasNeighbours: neighbours.has,
    publish: say,
    limits: {
      messagesPerS: config.messagesPerS,
      burst: config.messageBurst,
      perMinute: config.votesPerMinute,
      perHour: config.votesPerHour,
      perDay: config.votesPerDay,
    },
    events: {
      stored(vote) {
        tallied.votesStored += 1;
        stored.tell(vote);
      },
      storedBefore: neighbours.storedBefore,
      corrected: corrected.tell,
      evidence(terminal) {
        evidence.tell(terminal);
        neighbours.touched(terminal.key);
      },
      duplicates(count) {
        tallied.votesDuplicate += count;
      },
      quarantined(reason, terminalId) {
        tallied.quarantined.add(reason);
        voteLog.quarantined(reason, terminalId);
      },
      clockHeard: clocks.heard,
      batch(votes, durationMs) {
        commitVotes.observe(votes);
        commitSeconds.observe(durationMs / 1_000);
      },
      failed(error) {
        tallied.storageFailures += 1;
        storage.failed(error);
      },
    },
  });
  const isExcluded = (vote: StoredVote) =>
    exclusions.current().excludes(vote, journals.terminalOf(vote.journalKey) ?? null);
  const takeVotes = createOriginVotes({
    ...{ origins: store.origins, inTurn: ingest.inTurn, now },
    verdictOf: ({ windowKey, ...vote }) => verdictAlone(book.rulesOf(windowKey), vote),
    judgedBy: book.groundRevision,
    stored(vote) {
      tallied.votesStored += 1;
      stored.tell(isExcluded(vote) ? { ...vote, excluded: true } : vote);
    },
    failed(error) {
      tallied.storageFailures += 1;
      storage.failed(error);
    },
  });
  const reread = (journalKeys: Iterable<number>) =>
    ingest.reread(journalKeys).catch((error: Error) => storage.failed(error));
  const storedElsewhere = createSignal<[CommitId, readonly MarkedVote[]]>();
  neighbours.heard.votes.listen((commit, votes) => {
    const unclear = ingest.storedElsewhere(votes);
    const unknown = votes.filter(({ journalKey }) => journals.terminalOf(journalKey) === undefined);
    storedElsewhere.tell(
      commit,
      votes.map((vote) => (isExcluded(vote) ? { ...vote, excluded: true } : vote)),
    );
    if (unclear.size === 0) return;
    void reread(unclear).then(() => {
      // Of a terminal that nobody knew: they were counted.
      if (unknown.some(isExcluded)) neighbours.reread();
    });
  });
  neighbours.heard.journals.listen((journalKeys) => void reread(journalKeys));
  neighbours.heard.said.listen((said) => {
    if (journals.saidElsewhere(said)) return;
    void reread([said.key]).then(() => {
      journals.saidElsewhere(said);
      const terminalKey = journals.terminalOf(said.key);
      if (terminalKey !== undefined) neighbours.seen(terminalKey);
    });
  });
  /** Another process has set rules or moved windows, and votes were judged here until it was heard of. */
  const takeUpRules = async () => {
    const { areOthers, windowKeys } = await book.reload(now());
    if (!areOthers) return;
    sayUnknownZones();
    verdicts.forget();
    const heard = { from: now() - HEARD_OF_MS, to: now() + CLOCK_TOLERANCE_MS };
    if (windowKeys.length > 0) ingest.leave(windowKeys.map((windowKey) => ({ windowKey, ...heard })));
  };
  standstill.madeBy(ingest.pause);
  storage.rereading.listen(async () => {
    await journals.reload();
    await exclusions.reload();
    await takeUpRules();
    verdicts.forget();
  });
  const judging = judgeStored(book, { now, aheadMs: CLOCK_TOLERANCE_MS });
  let waiting = 0;
  metrics.watchJudging(() => waiting);
  const { judge, close } = createJudgeStored({
    ...{ settings: config, ground, verdicts: store.verdicts, judging, during: standstill.during },
    async judged(judged) {
      const seen = judging.takeSeen();
      if (judged.isStale) await takeUpRules();
      for (const one of seen) verdicts.learn(one);
      if (judged.corrected.length > 0) corrected.tell(judged.corrected);
      tallied.votesJudged += judged.votes;
      waiting = judged.waiting;
    },
  });
  // Also where the tree is another: what a window inherits may be.
  changes.heard.listen(takeUpRules);
  return {
    ...{ ingest, takeVotes, journals, clocks, exclusions: exclusions.current },
    rules: book,
    jobs: [judgeVotes({ isWaiting: store.verdicts.isWaiting, judge, failed: storage.failed })],
    ...{ stored, storedElsewhere, corrected, evidence, recount: corrected.tell, close },
  };
}
