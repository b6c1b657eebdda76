/** What a terminal says after every connect: which numbers its journal holds, and so which of them are lost. */
import { Compile } from 'typebox/compile';
import { Hello } from '../../protocol/hello.ts';
import { topicOf } from '../../protocol/topics.ts';
import type { CommitQueue } from './commit-queue.ts';
import type { IngestDone, KnownTerminal, TakeMessage } from './ingest.ts';
import { giveUp, type Journal, lostUpTo, noteKnown, takeAnnounced } from './journal.ts';
import { parseJson } from './parse-votes.ts';
import type { Refusals } from './refusals.ts';

const helloSchema = Compile(Hello);

export type HelloDeps = {
  queue: CommitQueue;
  now: () => number;
  refuse: Refusals['refuse'];
  failed(error: Error, done: IngestDone): void;
  /** Takes it with the journal of that epoch, begun if it is new. */
  withJournal: (
    terminal: KnownTerminal,
    epoch: string,
    of: { topic: string; payload: Buffer; done: IngestDone },
    take: (journal: Journal) => Promise<void> | undefined,
  ) => Promise<void> | undefined;
  heard(terminal: KnownTerminal, journal: Journal): void;
  disbelieve(terminal: KnownTerminal, journal: Journal): void;
  clockHeard(terminal: KnownTerminal, hello: Hello): void;
  /** What is missing may have been stored by another gateway a moment ago; null where there is none. @throws StoreFailure */
  lookAgain: ((journal: Journal) => Promise<void>) | null;
};

export function createHellos(deps: HelloDeps): TakeMessage {
  const { queue, now, refuse, failed, withJournal, heard, disbelieve, clockHeard, lookAgain } = deps;

  /** @returns when what is lost is settled: until then a vote cannot be told from one that was given up. */
  const giveUpUpTo = (terminal: KnownTerminal, journal: Journal, gone: number, done: IngestDone) => {
    if (lookAgain === null || lostUpTo(journal, gone).length === 0)
      return giveUpNow(terminal, journal, gone, done);
    return lookAgain(journal).then(
      () => giveUpNow(terminal, journal, gone, done),
      (error: Error) => failed(error, done),
    );
  };

  const giveUpNow = (terminal: KnownTerminal, journal: Journal, gone: number, done: IngestDone) => {
    const lost = lostUpTo(journal, gone);
    const answer = () => {
      done();
      heard(terminal, journal);
    };
    if (lost.length === 0) return void answer();
    const at = now();
    return new Promise<void>((settled) => {
      queue.push({
        journalKey: journal.key,
        votes: [],
        quarantine: [],
        // In the same transaction as the votes that come meanwhile: a thousand holes cost no commit each.
        lost: lost.map((range) => ({ journalKey: journal.key, range, at })),
        stored() {
          // Votes of the same commit may have filled some of it.
          giveUp(journal, lostUpTo(journal, gone));
          answer();
          settled();
        },
        refused(error) {
          failed(error, done);
          settled();
        },
      });
    });
  };

  return (terminal, payload, done) => {
    const topic = topicOf(terminal.id, 'hello');
    const parsed = parseJson(payload);
    if (!parsed.ok) return void refuse(terminal, topic, parsed.reason, payload, done);
    const { value } = parsed;
    if (!helloSchema.Check(value)) return void refuse(terminal, topic, 'schema-invalid', payload, done);
    return withJournal(terminal, value.epoch, { topic, payload, done }, (journal) => {
      clockHeard(terminal, value);
      const { first, last } = value.journal;
      // One number more than there is: the first of a journal that has let everything go.
      if (Math.max(first - 1, last) > journal.history.highest(now())) {
        disbelieve(terminal, journal);
        return void refuse(terminal, topic, 'counter-implausible', payload, done);
      }
      journal.implausible = false;
      takeAnnounced(journal, last);
      noteKnown(journal, last, now());
      return giveUpUpTo(terminal, journal, Math.min(first - 1, last), done);
    });
  };
}
