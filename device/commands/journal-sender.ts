/**
 * The votes of a journal that was put away, under their own epoch and numbers. One message at a time, and only while the
 * journal of today has nothing on its way: a press is never held up by old ones. What cannot be read any more is said to be gone,
 * with a hello, so that the gateway's ack gets over it; so its ack alone says how far it has come, and after a cut line or a
 * restart that is where it goes on.
 */
import type { Ack } from '../../protocol/ack.ts';
import { type JournalContent, voteOf } from '../../protocol/journal-file.ts';
import { RATINGS, type Vote, type VotesMessage } from '../../protocol/vote.ts';
import { createBackoff } from '../backoff.ts';
import type { Anchor, DeviceClock } from '../clock.ts';
import { createDating, type Dating } from '../dating.ts';
import type { BootRecord } from '../journal-statements.ts';

/** What it needs of the uplink. */
export type SenderLine = {
  /** The gateway takes votes, and nothing of the journal of today is on its way to it. */
  isFree(): boolean;
  /** Votes that a message may hold on this line. */
  messageVotes(): number;
  hello(epoch: string, journal: { first: number; last: number }): boolean;
  votes(message: VotesMessage): boolean;
};

export type PutAwayVotes = {
  epoch: string;
  content: JournalContent;
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
  const { epoch, content, last, give } = job;
  const { line, clock, done, gaveUp } = deps;
  const { votes } = content;
  const baseMs = deps.resendMs ?? RESEND_MS;
  const backoff = createBackoff({ baseMs, capMs: RESEND_CAP_MS, floorMs: baseMs / 2 });
  const date = datingOf(job, clock);
  const totals = content.totals ?? countsOf(content);
  /** The gateway has everything up to here; null until it has said so in this session. */
  let cursor: number | null = null;
  /** What was said last is done when the cursor gets here. */
  let expected = 0;
  let tries = 0;
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
    if (tries >= TRIES) {
      stop();
      // Nothing is left but to say what is gone: a gateway that does not believe it changes nothing for the votes.
      const highest = give && votes.length > 0 ? Math.min(last, votes.seqAt(votes.length - 1)) : 0;
      if (cursor !== null && cursor >= highest) done();
      else gaveUp();
      return;
    }
    cursor = null;
    step();
  };
  const said = (ok: boolean, upTo: number) => {
    if (!ok) return wait(LOOK_AGAIN_MS, step);
    expected = upTo;
    wait(backoff.nextMs(), silence);
  };

  function step(): void {
    if (!line.isFree()) wait(LOOK_AGAIN_MS, step);
    // Where is it? To say that it begins at 1 calls nothing lost.
    else if (cursor === null) said(line.hello(epoch, { first: 1, last }), 0);
    else if (cursor < last) sendNext(cursor + 1);
    else {
      stop();
      done();
    }
  }

  function sendNext(wanted: number): void {
    const index = give ? votes.indexFrom(wanted) : votes.length;
    const next = index < votes.length ? votes.seqAt(index) : last + 1;
    if (next > wanted) {
      const first = Math.min(next, last + 1);
      said(line.hello(epoch, { first, last }), first - 1);
      return;
    }
    const message: Vote[] = [];
    for (let at = index; at < votes.length && message.length < line.messageVotes(); at++) {
      const vote = voteOf(content, votes.rowAt(at));
      if (vote.seq !== next + message.length || vote.seq > last) break;
      message.push(date(vote));
    }
    said(line.votes({ epoch, votes: message, totals }), next + message.length - 1);
  }

  return {
    restart() {
      cursor = null;
      step();
    },
    takeAck(ack) {
      if (ack.epoch !== epoch) return false;
      if (cursor === null || ack.upTo > cursor) {
        tries = 0;
        backoff.reset();
      }
      cursor = ack.upTo;
      // Told of something earlier: what was said last is still on its way.
      if (cursor >= expected) step();
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
    const lastMono = new Map<string, number>();
    for (let index = 0; index < content.votes.length; index++) {
      const { boot, mono } = voteOf(content, content.votes.rowAt(index));
      lastMono.set(boot, Math.max(mono, lastMono.get(boot) ?? 0));
    }
    records = [...content.boots.values()].flatMap(({ boot, anchor }) => {
      const mono = lastMono.get(boot);
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
    totals[RATINGS[content.votes.rowAt(index)[1] as number] as Vote['rating']] += 1;
  return totals;
}
