/** What a terminal says after every connect: which numbers its journal holds, and so which of them are lost. */
import { Compile } from 'typebox/compile';
import { Hello } from '../../protocol/hello.ts';
import { topicOf } from '../../protocol/topics.ts';
import type { CommitQueue } from './commit-queue.ts';
import type { Ingest, IngestDone, KnownTerminal } from './ingest.ts';
import { giveUp, type Journal, lostUpTo, noteKnown, takeAnnounced } from './journal.ts';
import type { Journals } from './journals.ts';
import { parseJson } from './parse-votes.ts';
import type { Refusals } from './refusals.ts';

const helloSchema = Compile(Hello);

export type HelloDeps = {
  journals: Journals;
  queue: CommitQueue;
  now: () => number;
  refuse: Refusals['refuse'];
  failed(error: Error, done: IngestDone): void;
  heard(terminal: KnownTerminal, journal: Journal): void;
  disbelieve(terminal: KnownTerminal, journal: Journal): void;
  clockHeard(terminal: KnownTerminal, hello: Hello): void;
};

export function createHellos(deps: HelloDeps): Ingest['hello'] {
  const { journals, queue, now, refuse, failed, heard, disbelieve, clockHeard } = deps;
  return (terminal, payload, done) => {
    const topic = topicOf(terminal.id, 'hello');
    const parsed = parseJson(payload);
    if (!parsed.ok) return refuse(terminal, topic, parsed.reason, payload, done);
    const { value } = parsed;
    if (!helloSchema.Check(value)) return refuse(terminal, topic, 'schema-invalid', payload, done);
    let journal: Journal | null;
    try {
      journal = journals.open(terminal, value.epoch, now());
    } catch (error) {
      return failed(error as Error, done);
    }
    if (!journal) return refuse(terminal, topic, 'epoch-limit', payload, done);
    const known = journal;
    clockHeard(terminal, value);
    const { first, last } = value.journal;
    // One number more than there is: the first of a journal that has let everything go.
    if (Math.max(first - 1, last) > known.history.highest(now())) {
      disbelieve(terminal, known);
      return refuse(terminal, topic, 'counter-implausible', payload, done);
    }
    known.implausible = false;
    takeAnnounced(known, last);
    noteKnown(known, last, now());
    const gone = Math.min(first - 1, last);
    const lost = lostUpTo(known, gone);
    const answer = () => {
      done();
      heard(terminal, known);
    };
    if (lost.length === 0) return answer();
    const at = now();
    queue.push({
      votes: [],
      quarantine: [],
      // In the same transaction as the votes that come meanwhile: a thousand holes cost no commit each.
      lost: lost.map((range) => ({ sourceKey: known.key, range, at })),
      settled(result) {
        if (!result.ok) return failed(result.error, done);
        // Votes of the same commit may have filled some of it.
        giveUp(known, lostUpTo(known, gone));
        answer();
      },
    });
  };
}
