/** The wiring of journals put away on the cards of terminals: what is said of them, and what terminals are told to do. */
import type { Logger } from 'pino';
import { topicOf } from '../../protocol/topics.ts';
import type { Audit } from '../audit/audit.ts';
import { type CommandDesk, createCommandDesk } from '../fleet/command-desk.ts';
import { type CommandDispatch, createCommandDispatch } from '../fleet/command-dispatch.ts';
import { createHealthReports } from '../fleet/inbox.ts';
import { createJournalAlarms, isOpen, type JournalAlarms, readPutAway } from '../fleet/journal-alarms.ts';
import type { Presence } from '../fleet/presence.ts';
import type { Registry } from '../org/registry.ts';
import type { Store } from '../store/store.ts';

export type PutAwayDeps = {
  store: Store;
  registry: Registry;
  isOnline: Presence['isOnline'];
  audit: Audit;
  log: Logger;
  now: () => number;
  monotonic: () => number;
  /** To a terminal, if it is there. */
  say(topic: string, payload: string): void;
  /** The row of the terminal's window is another one. */
  touch(terminalId: string): void;
  /** Votes are expected no longer. */
  writtenOff(): void;
  storageFailed(error: Error): void;
};

export type PutAway = {
  health: JournalAlarms;
  desk: CommandDesk;
  answered: CommandDispatch['answered'];
  greeted: CommandDispatch['greeted'];
  isAskedFor: CommandDispatch['isAskedFor'];
  /** The store has changed. @throws StoreFailure */
  follow(): void;
  /** Writes down what terminals have said. @throws StoreFailure */
  save(): void;
};

export function createPutAway(deps: PutAwayDeps): PutAway {
  const { store, registry, isOnline, audit, log, now, monotonic, say, touch, writtenOff, storageFailed } =
    deps;
  const health = createJournalAlarms({
    reports: createHealthReports(now),
    now,
    monotonic,
    remembered: readPutAway(store),
    changed(terminalId, alarm) {
      if (alarm.fault !== undefined) log.error({ terminalId, ...alarm }, 'a terminal takes no votes');
      else if (alarm.setAside?.some(isOpen) || alarm.dropped)
        log.error({ terminalId, ...alarm }, 'a terminal has put a journal away');
      else log.info({ terminalId, ...alarm }, "a terminal's journal is well again");
    },
    setAsideChanged: touch,
  });
  const dispatch = createCommandDispatch({
    ...{ store, audit, isOnline, writtenOff, now, monotonic },
    publish: (terminalId, command) => say(topicOf(terminalId, 'command'), JSON.stringify(command)),
  });
  const save = () =>
    health.save((reports) =>
      store.savePutAway(
        reports.flatMap(({ terminalId, ...report }) => {
          const terminal = registry.terminal(terminalId);
          return terminal ? [{ terminalKey: terminal.key, ...report }] : [];
        }),
      ),
    );
  const desk = createCommandDesk({ store, audit, now, changed: dispatch.follow });

  return {
    health,
    // What a terminal has just said counts, whether it is written down yet or not.
    desk: {
      ...desk,
      order(by, order) {
        save();
        return desk.order(by, order);
      },
      journals(terminalId) {
        save();
        return desk.journals(terminalId);
      },
    },
    answered: dispatch.answered,
    isAskedFor: dispatch.isAskedFor,
    greeted(terminal) {
      try {
        dispatch.greeted(terminal);
      } catch (error) {
        // It is said again; the hello is not to suffer.
        storageFailed(error as Error);
      }
    },
    follow: dispatch.follow,
    save() {
      save();
      dispatch.follow();
    },
  };
}
