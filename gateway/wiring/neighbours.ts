/** The wiring of the other gateways on the same database; a database that one gateway has for itself has none. */
import type { Job } from '../jobs/job.ts';
import { rereadMissed } from '../jobs/reread-missed.ts';
import { tellNeighbours } from '../jobs/tell-neighbours.ts';
import { createElsewhere, type Elsewhere } from '../neighbours/elsewhere.ts';
import type { OtherGateway } from '../neighbours/gateways.ts';
import { createNeighbourhood, TELL_MS } from '../neighbours/neighbourhood.ts';
import { createUnexplained } from '../neighbours/unexplained.ts';
import type { JournalStanding, TerminalStanding } from '../neighbours/words.ts';
import type { Corrected } from '../store/ledger.ts';
import type { CommitId, StoredVote } from '../store/neighbours.ts';
import { createRereading } from '../watch/rereading.ts';
import { type Closable, openInOrder } from './closing.ts';
import type { Ground } from './ground.ts';
import { createSignal, type Heard } from './signal.ts';

export type NeighboursDeps = { ground: Ground };

/** What the others are told of this gateway's terminals. */
export type Speaker = {
  standingOf(terminalKey: number): TerminalStanding;
  connections(): number;
};

export type NeighboursStep = {
  /** Are there any, or may there be? */
  has: boolean;
  elsewhere: Elsewhere;
  connected(terminalKey: number): void;
  disconnected(terminalKey: number): void;
  touched(terminalKey: number): void;
  /** A vote was there already, and nobody here knew of it. */
  storedBefore(vote: Pick<StoredVote, 'journalKey' | 'seq'>): void;
  /** The row of a terminal's window is another one, by what others have said. */
  seen(terminalKey: number): void;
  /** Something is held in memory that the database has otherwise. */
  reread(): void;
  others(): OtherGateway[];
  /** Codes for readiness. */
  warnings(): string[];
  heard: {
    votes: Heard<[commit: CommitId, votes: readonly StoredVote[]]>;
    corrected: Heard<[commit: CommitId, corrected: readonly Corrected[]]>;
    journals: Heard<[journalKeys: readonly number[]]>;
    said: Heard<[journal: JournalStanding]>;
    takenOver: Heard<[terminalKey: number]>;
    touched: Heard<[terminalKey: number]>;
  };
  speakAs(speaker: Speaker): void;
  /** Everyone who is to hear of others listens, and has read what it goes on from. */
  begin(): void;
  jobs: readonly Job[];
};

/** @throws StoreFailure */
export function openNeighbours({ ground }: NeighboursDeps): Promise<NeighboursStep & Closable> {
  const { log, now, monotonic, store, storage, standstill, metrics, instance } = ground;
  return openInOrder(log, async (onClose) => {
    const heard = {
      votes: createSignal<[CommitId, readonly StoredVote[]]>(),
      corrected: createSignal<[CommitId, readonly Corrected[]]>(),
      journals: createSignal<[readonly number[]]>(),
      said: createSignal<[JournalStanding]>(),
      takenOver: createSignal<[number]>(),
      touched: createSignal<[number]>(),
    };
    if (store.neighbours === null) return { ...alone(), heard };
    const unexplained = createUnexplained(monotonic);
    const rereading = createRereading(storage.reread, monotonic);
    let speaker: Speaker | null = null;
    const others = createNeighbourhood({
      ...{ neighbours: store.neighbours, instance, now, monotonic },
      standingOf: (terminalKey) => speaking(speaker).standingOf(terminalKey),
      connections: () => speaker?.connections() ?? 0,
      events: {
        corrected: heard.corrected.tell,
        votes(commit, votes) {
          unexplained.explained(votes);
          metrics.tallied.votesElsewhere += votes.length;
          heard.votes.tell(commit, votes);
        },
        journals: heard.journals.tell,
        said: heard.said.tell,
        takenOver: heard.takenOver.tell,
        touched: heard.touched.tell,
        missed() {
          metrics.tallied.noticesMissed += 1;
          rereading.want();
        },
      },
    });
    const { elsewhere, connected, disconnected, touched } = others;
    metrics.watchNeighbours(() => others.others().length);
    const begin = others.hold();
    standstill.holdBy(others.hold);
    await others.join();
    onClose('the word to other gateways', others.leave);
    return {
      ...{ elsewhere, connected, disconnected, touched, others: others.others },
      has: true,
      storedBefore: unexplained.found,
      reread: rereading.want,
      seen: heard.touched.tell,
      warnings: () => (others.isDeaf() ? ['neighbours-unheard'] : []),
      heard,
      speakAs(one) {
        speaker = one;
      },
      begin,
      jobs: [
        tellNeighbours({ everyMs: TELL_MS, tell: others.tell }),
        rereadMissed({
          async reread() {
            if (unexplained.isOverdue()) rereading.want();
            await rereading.look();
          },
          failed: storage.failed,
        }),
      ],
    };
  });
}

function speaking(speaker: Speaker | null): Speaker {
  if (speaker === null) throw new Error('no terminal is spoken of before there are any');
  return speaker;
}

function alone(): Omit<NeighboursStep, 'heard'> {
  const nothing = () => {};
  return {
    has: false,
    elsewhere: createElsewhere(),
    ...{
      connected: nothing,
      disconnected: nothing,
      touched: nothing,
      storedBefore: nothing,
      reread: nothing,
      seen: nothing,
    },
    others: () => [],
    warnings: () => [],
    ...{ speakAs: nothing, begin: nothing, jobs: [] },
  };
}
