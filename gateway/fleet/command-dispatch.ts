/** Brings commands to their terminals, again at every connection until there is an answer, and keeps the answers. */
import type { Command, CommandResult } from '../../protocol/command.ts';
import { withoutHidden } from '../domain/shown-text.ts';
import type { CommandRecord } from '../store/put-away-store.ts';
import type { Store } from '../store/store.ts';

export type CommandDispatch = {
  /** The terminal has connected and listens. */
  greeted(terminal: { id: string; key: number }): void;
  /** Keeps an answer. One that nobody asked for, or that came already, changes nothing. @throws StoreFailure. */
  answered(terminal: { id: string; key: number }, result: CommandResult): void;
  /** Has a person asked for the votes of that journal, and it is not done? */
  isAskedFor(terminalKey: number, epoch: string): boolean;
  /** Looks for new ones in the store, and for those that have expired on their way. */
  follow(): void;
};

export type CommandDispatchDeps = {
  store: Pick<
    Store,
    | 'openCommands'
    | 'noteDelivered'
    | 'answerCommand'
    | 'atomic'
    | 'putAway'
    | 'countConflicts'
    | 'terminals'
    | 'journals'
    | 'writeOff'
  >;
  audit(
    by: { actor: string; origin: string },
    action: string,
    target: string,
    detail: Record<string, unknown>,
  ): void;
  publish(terminalId: string, command: Command): void;
  isOnline(terminalId: string): boolean;
  /** Votes are expected no longer. */
  writtenOff(): void;
  now: () => number;
  monotonic: () => number;
};

/** To a terminal that stays connected: the line may have been dead when it was said. */
const SAY_AGAIN_MS = 30_000;

export function createCommandDispatch(deps: CommandDispatchDeps): CommandDispatch {
  const { store, audit, publish, isOnline, writtenOff, now, monotonic } = deps;
  let open = new Map<number, CommandRecord[]>();
  const saidAt = new Map<string, number>();

  const read = () => {
    open = new Map();
    for (const command of store.openCommands()) {
      const waiting = open.get(command.terminalKey) ?? [];
      waiting.push(command);
      open.set(command.terminalKey, waiting);
    }
    const ids = new Set([...open.values()].flat().map(({ id }) => id));
    for (const id of saidAt.keys()) if (!ids.has(id)) saidAt.delete(id);
  };
  read();

  const say = (terminalId: string, commands: readonly CommandRecord[]) => {
    for (const { id, op, args, expiresAt } of commands) {
      publish(terminalId, { id, expires: expiresAt, op: op as Command['op'], args });
      saidAt.set(id, monotonic());
    }
    const fresh = commands.filter(({ deliveredAt }) => deliveredAt === null);
    if (fresh.length === 0) return;
    store.noteDelivered(
      fresh.map(({ id }) => id),
      now(),
    );
    for (const command of fresh) command.deliveredAt = now();
  };

  const answer = (
    terminal: { id: string; key: number },
    command: CommandRecord,
    { ok, code = null, detail = null }: { ok: boolean; code?: string | null; detail?: string | null },
    actor: string,
  ) => {
    store.atomic(() => {
      const { id, op, args } = command;
      if (!store.answerCommand(id, terminal.key, { at: now(), ok, code, detail })) return;
      const off = ok && op === 'journal-drop' ? writeOff(terminal, args) : {};
      audit({ actor, origin: 'local' }, `terminal.${op}.answer`, `terminal:${terminal.id}`, {
        ...{ command: id, ...args, ok, code, detail, ...off },
      });
    });
    read();
    if (ok && command.op === 'journal-drop') writtenOff();
  };

  const reportOf = (terminalKey: number, { journal }: CommandRecord['args']) =>
    store
      .putAway()
      .find((one) => one.terminalKey === terminalKey)
      ?.journals.find(({ id }) => id === journal);

  /** What the gateway has heard of, of that journal, and will not get. */
  const writeOff = (terminal: { id: string; key: number }, args: CommandRecord['args']): object => {
    const { epoch, reason } = reportOf(terminal.key, args) ?? {};
    // The original of a copied card may go on with its epoch; and another terminal's is none of ours.
    if (epoch === undefined || reason !== 'corrupt') return {};
    const isKnown = store.journals(terminal.id).some((one) => one.epoch === epoch);
    return isKnown ? store.writeOff(terminal.id, epoch, now()) : {};
  };

  /** Of a copied card: what came under numbers that were taken already waits for a person, and the answer says how much. */
  const conflictsIn = (terminalKey: number, args: CommandRecord['args']): number => {
    const epoch = reportOf(terminalKey, args)?.epoch;
    return epoch === undefined ? 0 : store.countConflicts(terminalKey, epoch);
  };

  return {
    greeted({ id, key }) {
      const commands = open.get(key);
      if (commands) say(id, commands);
    },
    answered(terminal, result) {
      const command = open.get(terminal.key)?.find(({ id }) => id === result.id);
      if (!command) return;
      const { ok, code, detail } = result;
      const conflicts = ok && command.op === 'journal-send' ? conflictsIn(terminal.key, command.args) : 0;
      const more = conflicts > 0 ? [`${conflicts} of this journal in quarantine as identity-conflict`] : [];
      const text = [...(detail === undefined ? [] : [withoutHidden(detail)]), ...more].join('; ');
      const outcome = { ok, code: code ?? null, detail: text === '' ? null : text };
      answer(terminal, command, outcome, `terminal:${terminal.id}`);
    },
    isAskedFor: (terminalKey, epoch) =>
      (open.get(terminalKey) ?? []).some(
        ({ op, args }) => op === 'journal-send' && reportOf(terminalKey, args)?.epoch === epoch,
      ),
    follow() {
      read();
      if (open.size === 0) return;
      for (const terminal of store.terminals()) {
        const commands = open.get(terminal.key) ?? [];
        // What was brought may be under way: its terminal says what became of it.
        for (const command of commands)
          if (command.deliveredAt === null && command.expiresAt <= now())
            answer(terminal, command, { ok: false, code: 'expired' }, 'gateway');
        if (commands.length === 0 || !isOnline(terminal.id)) continue;
        say(
          terminal.id,
          commands.filter(
            ({ id, deliveredAt, expiresAt }) =>
              monotonic() - (saidAt.get(id) ?? Number.NEGATIVE_INFINITY) >= SAY_AGAIN_MS &&
              (deliveredAt !== null || expiresAt > now()),
          ),
        );
      }
    },
  };
}
