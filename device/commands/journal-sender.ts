/**
 * The votes of a journal that was put away, under their own epoch and numbers. One message at a time, and only while the
 * journal of today has nothing on its way: a press is never held up by old ones. What cannot be read any more is said to be gone,
 * with a hello, so that the gateway's ack gets over it. All that was not acknowledged when the journal was put away is sent
 * once, whatever the ack says: it also covers what was written off or given up for lost.
 */
import type { Ack } from '../../protocol/ack.ts';
import { type JournalContent, voteOf } from '../../protocol/journal-file.ts';
import { RATINGS, type Vote, type VotesMessage } from '../../protocol/vote.ts';
import { createBackoff } from '../backoff.ts';
import type { Anchor, DeviceClock } from '../board/clock.ts';
import type { BootRecord } from '../journal/journal-statements.ts';
import { createDating, type Dating } from '../uplink/dating.ts';

/** What it needs of the uplink. */
export type SenderLine = {
  /** The gateway takes votes, and nothing of the journal of today is on its way to it. */
  isFree(): boolean;
  /** Votes that a message may hold on this line. */
  messageVotes(): number;
  hello(epoch: string, journal: { first: number; last: number }): boolean;
  /** `done` when it was taken, after the commit. */
  votes(message: VotesMessage, done: () => void): boolean;
};

export type PutAwayVotes = {
  epoch: string;
  content: JournalContent;
  /** The gateway had acknowledged everything up to here when it was put away. */
  acked: number;
  /** The highest number that there was; nothing beyond is sent. */
  last: number;
  /** False: all that the gateway lacks is said to be gone. */
  give: boolean;
};

export type Sender = {
  /** At a new session, or a new gateway. */
  restart(): void;
  /** @returns whether the ack was for this journal. */
  takeAck(ack: Ack): boolean;
  stop(): void;
};

export type SenderDeps = {
  line: SenderLine;
  clock: DeviceClock;
  /** The gateway has everything that could be read, and knows what is gone. */
  done(): void;
  /** It takes no more of it, however often it is sent. */
  gaveUp(): void;
  resendMs?: number;
};

const RESEND_MS = 5_000;
const RESEND_CAP_MS = 60_000;
/** So often nothing has come of it while the line was there. */
const TRIES = 8;
const LOOK_AGAIN_MS = 200;

export function createSender(job: PutAwayVotes, deps: SenderDeps): Sender {
  const { epoch, content, acked, last, give } = job;
  const { line, clock, done, gaveUp } = deps;
  const { votes } = content;
  const baseMs = deps.resendMs ?? RESEND_MS;
  const backoff = createBackoff({ baseMs, capMs: RESEND_CAP_MS, floorMs: baseMs / 2 });
  const date = datingOf(job, clock);
  const totals = content.totals ?? countsOf(content);
  /** All that the gateway lacks is above this; null until it has said so in this session. */
  let cursor: number | null = null;
  /** Sent and taken up to here; from `acked` on at the latest, so that each vote is sent once. */
  let position: number | null = null;
  /** What was said last is done when the cursor is at `upTo` and, of votes, when they were taken, too. */
  let expected = { upTo: 0, taken: true };
  let tries = 0;
  let patienceMs = backoff.nextMs();
  let timer: NodeJS.Timeout | undefined;

  const wait = (ms: number, act: () => void) => {
    clearTimeout(timer);
    timer = setTimeout(act, ms);
  };
  const stop = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  const silence = () => {
    tries += 1;
    patienceMs = backoff.nextMs();
    if (tries >= TRIES) {
      stop();
      // Nothing is left but to say what is gone: a gateway that does not believe it changes nothing for the votes.
      const highest = give && votes.length > 0 ? Math.min(last, votes.seqAt(votes.length - 1)) : 0;
      if (position !== null && position >= highest) done();
      else gaveUp();
      return;
    }
    cursor = null;
    step();
  };
  const said = (ok: boolean, what: typeof expected) => {
    if (!ok) return wait(LOOK_AGAIN_MS, step);
    expected = what;
    wait(patienceMs, silence);
  };

  function step(): void {
    if (!line.isFree()) wait(LOOK_AGAIN_MS, step);
    // Where is it? To say that it begins at 1 calls nothing lost.
    else if (cursor === null) said(line.hello(epoch, { first: 1, last }), { upTo: 0, taken: true });
    else if ((position ?? last) < last) sendNext(cursor, position as number);
    else {
      stop();
      done();
    }
  }

  function sendNext(known: number, from: number): void {
    const index = give ? votes.indexFrom(from + 1) : votes.length;
    const next = Math.min(index < votes.length ? votes.seqAt(index) : last + 1, last + 1);
    if (next > known + 1) {
      said(line.hello(epoch, { first: next, last }), { upTo: next - 1, taken: true });
      return;
    }
    if (next > last) {
      position = last;
      step();
      return;
    }
    const message: Vote[] = [];
    for (let at = index; at < votes.length && message.length < line.messageVotes(); at++) {
      const vote = voteOf(content, votes.rowAt(at));
      if (vote.seq !== next + message.length || vote.seq > last) break;
      message.push(date(vote));
    }
    const sent = { upTo: next + message.length - 1, taken: false };
    const taken = () => {
      sent.taken = true;
      proceed(sent);
    };
    said(line.votes({ epoch, votes: message, totals }, taken), sent);
  }

  /** What was said last has come of what it was said for. */
  function proceed(what: typeof expected): void {
    if (what !== expected || !what.taken || cursor === null || cursor < what.upTo) return;
    const before = position;
    position = before === null ? Math.min(cursor, acked) : Math.max(before, what.upTo);
    // That it answers a hello is no progress.
    if (position !== before) {
      tries = 0;
      backoff.reset();
      patienceMs = backoff.nextMs();
    }
    step();
  }

  return {
    restart() {
      cursor = null;
      step();
    },
    takeAck(ack) {
      if (ack.epoch !== epoch) return false;
      // A gateway that was restored from a backup, which may lack whatever was sent: what can be read is not called gone.
      if (position !== null && ack.upTo < position) position = Math.min(acked, ack.upTo);
      cursor = ack.upTo;
      proceed(expected);
      return true;
    },
    stop,
  };
}

/** By the anchors that lie in the file beside the votes. */
function datingOf({ epoch, content }: PutAwayVotes, clock: DeviceClock): Dating {
  const anchors = new Map<string, Anchor | null>(
    [...content.boots.values()].map((one) => [one.boot, one.anchor]),
  );
  let records: BootRecord[] | null = null;
  const boots = () => {
    if (records !== null) return [...records];
    const lastMono = new Map<number, number>();
    // Numbers only: with an object for each of a million votes, a press would wait.
    for (let index = 0; index < content.votes.length; index++) {
      const boot = content.votes.valueAt(index, 4);
      lastMono.set(boot, Math.max(content.votes.valueAt(index, 5), lastMono.get(boot) ?? 0));
    }
    records = [...content.boots].flatMap(([number, { boot, anchor }]) => {
      const mono = lastMono.get(number);
      return mono === undefined ? [] : [{ boot, anchor, lastMono: mono }];
    });
    return [...records];
  };
  return createDating({ epoch, anchorOf: (boot) => anchors.get(boot) ?? null, boots }, clock);
}

/** Of what could be read, where the file does not say: too few are no harm, the gateway believes the most it was told. */
function countsOf(content: JournalContent): VotesMessage['totals'] {
  const totals = { satisfied: 0, basically: 0, unsatisfied: 0 };
  for (let index = 0; index < content.votes.length; index++)
    totals[RATINGS[content.votes.valueAt(index, 1)] as Vote['rating']] += 1;
  return totals;
}
