/**
 * What people ask of this terminal from afar: each command is carried out once, one after the other, and answered until the
 * gateway has the answer. What is under way is on disk, and goes on after a power cut.
 */
import { Compile } from 'typebox/compile';
import { type Command, type CommandResult, JournalArgs } from '../../protocol/command.ts';
import { certainNowMs, type DeviceClock, dateBy } from '../board/clock.ts';
import { codeOf, DeviceError, messageOf } from '../errors.ts';
import type { Journal } from '../journal/journal.ts';
import type { Log } from '../log.ts';
import { MAX_RESULTS, MAX_WAITING, readMemory, writeMemory } from './command-file.ts';
import { createJournalJob, type JournalJob } from './journal-job.ts';
import type { SenderLine } from './journal-sender.ts';

export type CommandLine = SenderLine & {
  /** QoS 1; `done` when the gateway has it. @returns false, and calls nothing, while there is no session. */
  result(result: CommandResult, done: () => void): boolean;
};

export type Commands = {
  take(command: Command): void;
  /** A session is there, and what it says can be answered: what waits is done, what was not heard is said again. */
  sessionBegan(): void;
  /** @returns whether it was for a journal that is being sent. */
  takeAck: JournalJob['takeAck'];
  /** Ids of the journals put away that are being sent. */
  sending(): ReadonlySet<string>;
  stop(): void;
};

export type CommandsDeps = {
  terminalId: string;
  journalPath: string;
  journal: Pick<Journal, 'setAside' | 'lookAside'>;
  clock: DeviceClock;
  log: Log;
  line: CommandLine;
  /** The files put away are others than before. */
  changed(): void;
  resendMs?: number | undefined;
};

const journalArgs = Compile(JournalArgs);

export function createCommands(deps: CommandsDeps): Commands {
  const { clock, log, line, journal, changed } = deps;
  const path = `${deps.journalPath}.commands`;
  const isKept = deps.journalPath !== ':memory:';
  const memory = readMemory(isKept ? path : null);
  let job: JournalJob | null = null;
  let began = false;

  const remember = () => {
    if (!isKept) return;
    try {
      writeMemory(path, memory);
    } catch (error) {
      // The gateway asks again for what has no answer.
      log.warn(
        { code: 'command-not-kept' },
        `what the terminal was told is not on disk: ${messageOf(error)}`,
      );
    }
  };
  const say = (entry: (typeof memory.results)[number]) => {
    line.result(entry.result, () => {
      if (entry.said) return;
      entry.said = true;
      remember();
    });
  };
  const answer = (command: Command, outcome: Omit<CommandResult, 'id'>) => {
    const result = { id: command.id, ...outcome };
    log.info({ id: command.id, op: command.op, ...outcome }, 'command answered');
    memory.waiting = memory.waiting.filter(({ id }) => id !== command.id);
    memory.results = [...memory.results, { result, said: false }].slice(-MAX_RESULTS);
    remember();
    say(memory.results.at(-1) as (typeof memory.results)[number]);
  };
  const isExpired = ({ expires }: Command) => {
    const anchor = clock.anchor();
    return anchor.clock !== 'estimated' && dateBy(anchor, clock.monoMs()).at > expires;
  };

  function next(): void {
    const command = memory.waiting[0];
    if (command === undefined || job !== null || !began) return;
    const { op, args } = command;
    const isJournalOp = op === 'journal-send' || op === 'journal-drop';
    if (!isJournalOp || !journalArgs.Check(args)) {
      answer(command, { ok: false, code: isJournalOp ? 'failed' : 'unknown-op' });
      next();
      return;
    }
    const running = createJournalJob({ ...deps, op, id: args.journal });
    job = running;
    void running.outcome
      .then(
        (detail): Omit<CommandResult, 'id'> => ({ ok: true, detail }),
        (error: unknown): Omit<CommandResult, 'id'> => ({
          ok: false,
          code: error instanceof DeviceError ? codeOf(error) : 'failed',
          detail: messageOf(error).slice(0, 2_000),
        }),
      )
      .then((outcome) => {
        if (job !== running) return;
        job = null;
        answer(command, outcome);
        journal.lookAside(certainNowMs(clock));
        changed();
        next();
      });
    changed();
  }

  return {
    take(command) {
      const known = memory.results.find(({ result }) => result.id === command.id);
      if (known !== undefined) return say(known);
      if (memory.waiting.some(({ id }) => id === command.id)) return;
      if (isExpired(command)) return answer(command, { ok: false, code: 'expired' });
      if (memory.waiting.length >= MAX_WAITING)
        return answer(command, { ok: false, code: 'failed', detail: `${MAX_WAITING} commands wait already` });
      memory.waiting.push(command);
      remember();
      next();
    },
    sessionBegan() {
      began = true;
      for (const entry of memory.results) if (!entry.said) say(entry);
      if (job === null) next();
      else job.restart();
    },
    takeAck: (ack) => job?.takeAck(ack) === true,
    sending: () => new Set(job?.isSending() ? [job.id] : []),
    stop() {
      job?.stop();
      job = null;
      began = false;
    },
  };
}
