/** The wiring of journals put away on the cards of terminals: what is said of them, and what terminals are told to do. */
import type { Logger } from 'pino';
import { topicOf } from '../../protocol/topics.ts';
import { type CommandDesk, createCommandDesk } from '../fleet/command-desk.ts';
import { type CommandDispatch, createCommandDispatch } from '../fleet/command-dispatch.ts';
import { createHealthReports } from '../fleet/inbox.ts';
import { createJournalAlarms, isOpen, type JournalAlarms, readPutAway } from '../fleet/journal-alarms.ts';
import type { Presence } from '../fleet/presence.ts';
import type { Registry } from '../org/registry.ts';
import type { CommandStore } from '../store/commands.ts';

export type PutAwayDeps = {
  store: CommandStore;
  registry: Registry;
  /** Connected to this gateway. */
  isHere: Presence['isOnline'];
  /** … to another one. */
  isElsewhere(terminalId: string): boolean;
  /** Reads what other processes have changed in the store; @returns false when there is nothing. */
  look(): Promise<boolean>;
  log: Logger;
  now: () => number;
  monotonic: () => number;
  /** To a terminal, if it is there. */
  say(topic: string, payload: string): void;
  /** The row of the terminal's window is another one. */
  touch(terminalId: string): void;
  /** Votes are expected no longer. */
  writtenOff(): Promise<void>;
  storageFailed(error: Error): void;
};

export type PutAway = {
  health: JournalAlarms;
  desk: CommandDesk;
  answered: CommandDispatch['answered'];
  greeted(terminal: { id: string; key: number }): void;
  isAskedFor: CommandDispatch['isAskedFor'];
  hasExpired: CommandDispatch['hasExpired'];
  expire: CommandDispatch['expire'];
  /** The store has changed. @throws StoreFailure */
  follow(): Promise<void>;
  /** Writes down what terminals have said. @throws StoreFailure */
  save(): Promise<void>;
};

export async function createPutAway(deps: PutAwayDeps): Promise<PutAway> {
  const { store, registry, isHere, isElsewhere, look, log, now, monotonic } = deps;
  const { say, touch, writtenOff, storageFailed } = deps;
  const health = createJournalAlarms({
    isElsewhere,
    reports: createHealthReports(now),
    now,
    monotonic,
    remembered: await readPutAway(store, registry.terminals()),
    changed(terminalId, alarm) {
      if (alarm.fault !== undefined) log.error({ terminalId, ...alarm }, 'a terminal takes no votes');
      else if (alarm.setAside?.some(isOpen) || alarm.dropped)
        log.error({ terminalId, ...alarm }, 'a terminal has put a journal away');
      else log.info({ terminalId, ...alarm }, "a terminal's journal is well again");
    },
    setAsideChanged: touch,
  });
  const dispatch = await createCommandDispatch({
    ...{ store, isHere, look, writtenOff, now, monotonic },
    terminals: registry.terminals,
    publish: (terminalId, command) => say(topicOf(terminalId, 'command'), JSON.stringify(command)),
  });
  const save = () =>
    health.save((reports) =>
      store.notePutAway(
        reports.flatMap(({ terminalId, ...report }) => {
          const terminal = registry.terminal(terminalId);
          return terminal ? [{ terminalKey: terminal.key, ...report }] : [];
        }),
        now(),
      ),
    );
  const desk = createCommandDesk({ store, now, changed: dispatch.follow });

  return {
    health,
    // What a terminal has just said counts, whether it is written down yet or not.
    desk: {
      ...desk,
      async order(by, order) {
        await save();
        return desk.order(by, order);
      },
      async journals(terminalId) {
        await save();
        return desk.journals(terminalId);
      },
    },
    answered: dispatch.answered,
    isAskedFor: dispatch.isAskedFor,
    hasExpired: dispatch.hasExpired,
    expire: dispatch.expire,
    greeted(terminal) {
      // It is said again; the hello is not to suffer.
      dispatch.greeted(terminal).catch(storageFailed);
    },
    async follow() {
      health.follow(await readPutAway(store, registry.terminals()));
      await dispatch.follow();
    },
    async save() {
      await save();
      await dispatch.follow();
    },
  };
}
