/** One journal that was put away: sent as far as it can be read, or written off. */
import type { Ack } from '../../protocol/ack.ts';
import { type JournalContent, lastOfJournal } from '../../protocol/journal-file.ts';
import { dateBy } from '../board/clock.ts';
import { DeviceError } from '../errors.ts';
import { type SetAside, settle } from '../journal/set-aside.ts';
import type { CommandsDeps } from './commands.ts';
import { createSender, type PutAwayVotes, type Sender } from './journal-sender.ts';
import { readPutAway } from './put-away-file.ts';

export type JournalJob = {
  /** Of the journal. */
  readonly id: string;
  /** What came of it, for people; rejects with a coded error. Never settles once it is stopped. */
  readonly outcome: Promise<string>;
  isSending(): boolean;
  restart(): void;
  takeAck(ack: Ack): boolean;
  stop(): void;
};

export type JournalJobDeps = Pick<
  CommandsDeps,
  'terminalId' | 'journalPath' | 'journal' | 'clock' | 'line' | 'resendMs'
> & { op: 'journal-send' | 'journal-drop'; id: string };

export function createJournalJob(deps: JournalJobDeps): JournalJob {
  const { terminalId, journalPath, journal, clock, line, resendMs, op, id } = deps;
  const give = op === 'journal-send';
  let sender: Sender | null = null;
  let stopped = false;

  const begin = async (): Promise<string> => {
    const find = () => journal.setAside.find((one) => one.id === id);
    const decided = find();
    if (decided?.settled) {
      // A power cut in the middle of the renames: its log and its note belong to it before it is read.
      settle(journalPath, decided, decided.settled.as, decided.settled.atMs);
      journal.lookAside(0);
    }
    const aside = find();
    if (aside === undefined)
      throw new DeviceError('journal-unknown', `there is no journal ${id} put away here`);
    if (give && aside.why === 'moved') throw ofOther(id);
    const content = await readPutAway(aside.path).catch((error: unknown) => {
      throw new DeviceError('journal-unreadable', `the file of journal ${id} cannot be opened`, error);
    });
    if (give && content.terminal !== null && content.terminal !== terminalId) throw ofOther(id);
    const votes = plan(aside, content, give);
    if (votes !== null)
      await new Promise<void>((resolve, reject) => {
        if (stopped) return;
        sender = createSender(votes, {
          ...{ line, clock },
          ...(resendMs !== undefined && { resendMs }),
          done: resolve,
          gaveUp: () =>
            reject(
              new DeviceError(
                'journal-not-taken',
                'the gateway does not take these votes: look into its quarantine, and send again',
              ),
            ),
        });
        sender.restart();
      });
    settle(journalPath, aside, give ? 'sent' : 'dropped', dateBy(clock.anchor(), clock.monoMs()).at);
    return give ? tellRead(aside, content) : `written off: ${aside.unsent ?? 'nobody knows how many'}`;
  };

  return {
    id,
    outcome: begin(),
    isSending: () => give && sender !== null,
    restart: () => sender?.restart(),
    takeAck: (ack) => sender?.takeAck(ack) === true,
    stop() {
      stopped = true;
      sender?.stop();
    },
  };
}

const ofOther = (id: string) =>
  new DeviceError(
    'journal-of-other-terminal',
    `journal ${id} is of another terminal, whose votes this one may not send: bring the file to the gateway (manyi journal import)`,
  );

/** Null when the gateway need not hear of it. @throws DeviceError `journal-unreadable`. */
function plan(aside: SetAside, content: JournalContent, give: boolean): PutAwayVotes | null {
  const last = lastOf(aside, content);
  // Of what a copied card had, everything else was sent before it was left, or is in the epoch after it.
  if (last === 0 || aside.why === 'moved' || (!give && aside.why === 'behind')) return null;
  const known = [...new Set([aside.epoch, content.epoch].filter((epoch) => epoch !== null))];
  const [epoch] = known;
  if (epoch !== undefined && known.length === 1 && (content.votes.length > 0 || !give))
    return { epoch, content, acked: Math.min(ackedOf(aside, content), last), last, give };
  if (!give) return null;
  throw new DeviceError(
    'journal-unreadable',
    known.length > 0 && content.votes.length === 0
      ? 'no vote in it can be read any more'
      : 'the file does not say of which epoch it is',
  );
}

function lastOf({ why, last, carriedFrom }: SetAside, content: JournalContent): number {
  return why === 'behind' ? Math.max(0, (carriedFrom ?? 1) - 1) : lastOfJournal(content, last);
}

/** What the gateway had acknowledged when it was put away; where nobody knows, as little as there can be. */
function ackedOf(aside: SetAside, content: JournalContent): number {
  const byNote = aside.last !== null && aside.unsent !== null ? aside.last - aside.unsent : null;
  const first = content.votes.length === 0 ? lastOf(aside, content) + 1 : content.votes.seqAt(0);
  return content.acked ?? byNote ?? first - 1;
}

/** Of the votes that the gateway had not acknowledged. */
function tellRead(aside: SetAside, content: JournalContent): string {
  const last = lastOf(aside, content);
  const acked = ackedOf(aside, content);
  const read = content.votes.indexFrom(last + 1) - content.votes.indexFrom(acked + 1);
  const unreadable = Math.max(0, last - acked - read);
  return unreadable === 0 ? `read ${read}` : `read ${read}, unreadable at least ${unreadable}`;
}
