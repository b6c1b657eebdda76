/** Brings commands to their terminals, again at every connection until there is an answer, and keeps the answers. */
import type { Command, CommandResult } from '../../protocol/command.ts';
import type { SetAside } from '../../protocol/health.ts';
import type { Actor } from '../domain/actor.ts';
import { decidedDetail } from '../domain/decided-lines.ts';
import { withoutHidden } from '../domain/shown-text.ts';
import type { AuditLine, By } from '../store/changes.ts';
import type { CommandRecord, CommandStore, CommandTx } from '../store/commands.ts';
import type { Lease } from '../store/leases.ts';

export type CommandDispatch = {
  /** The terminal has connected and listens. */
  greeted(terminal: { id: string; key: number }): Promise<void>;
  /** Keeps an answer. One that nobody asked for, or that came already, changes nothing. @throws StoreFailure. */
  answered(terminal: { id: string; key: number }, result: CommandResult): Promise<void>;
  /** Has a person asked for the votes of that journal, and it is not done? */
  isAskedFor(terminalKey: number, epoch: string): boolean;
  /** Looks for new ones in the store. */
  follow(): Promise<void>;
  /** Are there any that have expired on their way? */
  hasExpired(): boolean;
  /** Answers those for their terminals. @throws LeaseLost, StoreFailure */
  expire(lease: Lease): Promise<void>;
};

export type CommandDispatchDeps = {
  store: CommandStore;
  publish(terminalId: string, command: Command): void;
  /** Connected to this gateway: only the one that has the terminal speaks to it. */
  isHere(terminalId: string): boolean;
  /** Reads what other processes have changed in the store; @returns false when there is nothing. */
  look(): Promise<boolean>;
  terminals(): Iterable<{ id: string; key: number }>;
  /** Votes are expected no longer. */
  writtenOff(): Promise<void>;
  now: () => number;
  monotonic: () => number;
};

type Addressed = { id: string; key: number };
type Outcome = { ok: boolean; code?: string | null; detail?: string | null };

const EXPIRED: Outcome = { ok: false, code: 'expired' };

/** To a terminal that stays connected: the line may have been dead when it was said. */
const SAY_AGAIN_MS = 30_000;

export async function createCommandDispatch(deps: CommandDispatchDeps): Promise<CommandDispatch> {
  const { store, publish, isHere, look, terminals, writtenOff, now, monotonic } = deps;
  let open = new Map<number, CommandRecord[]>();
  /** Journals put away that open commands may speak of, as their terminals last said. */
  let reported = new Map<number, readonly SetAside[]>();
  const saidAt = new Map<string, number>();

  const readNow = async () => {
    const commands = await store.openCommands();
    const reports = commands.length === 0 ? [] : await store.putAway();
    reported = new Map(reports.map(({ terminalKey, journals }) => [terminalKey, journals]));
    open = new Map();
    for (const command of commands) {
      const waiting = open.get(command.terminalKey) ?? [];
      waiting.push(command);
      open.set(command.terminalKey, waiting);
    }
    const ids = new Set(commands.map(({ id }) => id));
    for (const id of saidAt.keys()) if (!ids.has(id)) saidAt.delete(id);
  };
  let turn: Promise<unknown> = Promise.resolve();
  /** One after another: none ends later than one that has seen more. */
  const read = (): Promise<void> => {
    const reading = turn.then(readNow);
    turn = reading.catch(() => {});
    return reading;
  };
  await read();

  const say = async (terminalId: string, commands: readonly CommandRecord[]) => {
    for (const { id, op, args, expiresAt } of commands) {
      publish(terminalId, { id, expires: expiresAt, op: op as Command['op'], args });
      saidAt.set(id, monotonic());
    }
    const fresh = commands.filter(({ deliveredAt }) => deliveredAt === null);
    if (fresh.length === 0) return;
    const at = now();
    for (const command of fresh) command.deliveredAt = at;
    await store.noteDelivered(
      fresh.map(({ id }) => id),
      at,
    );
  };

  const answer = async (
    terminal: Addressed,
    command: CommandRecord,
    outcome: Outcome,
    actor: Actor,
    lease?: Lease,
  ) => {
    const { ok, code = null, detail = null } = outcome;
    const { id, op, args } = command;
    const isOff = ok && op === 'journal-drop';
    await store.change(async (tx) => {
      // Another gateway may bring it at the same moment: then its terminal says what becomes of it.
      const only = outcome === EXPIRED ? 'undelivered' : undefined;
      if (!(await tx.answerCommand(id, terminal.key, { at: now(), ok, code, detail }, only)))
        return tx.unchanged(undefined);
      const off = isOff ? await writeOff(tx, terminal, args, now()) : {};
      const by: By = { actor, origin: 'local' };
      // Where something was written off, a decision was counted, of which no vote is another.
      const decided = 'lost' in off ? decidedDetail([]) : {};
      const told = { command: id, ...args, ok, code, detail, ...off, ...decided };
      const line: AuditLine = {
        by,
        action: `terminal.${op}.answer`,
        target: { kind: 'terminal', id: terminal.id },
        detail: told,
      };
      return tx.audited(line, undefined);
    }, lease);
    await read();
    if (isOff) await writtenOff();
  };

  // What was brought may be under way: its terminal says what became of it.
  const isExpired = ({ deliveredAt, expiresAt }: CommandRecord) => deliveredAt === null && expiresAt <= now();

  return {
    async greeted({ id, key }) {
      const commands = open.get(key);
      if (commands) await say(id, commands);
    },
    async answered(terminal, result) {
      const find = () => open.get(terminal.key)?.find(({ id }) => id === result.id);
      // Another gateway may have brought it just now.
      const command = find() ?? ((await look()) ? find() : undefined);
      if (!command) return;
      const { ok, code, detail } = result;
      const conflicts =
        ok && command.op === 'journal-send' ? await conflictsIn(store, terminal.key, command.args) : 0;
      const more = conflicts > 0 ? [`${conflicts} of this journal in quarantine as identity-conflict`] : [];
      const text = [...(detail === undefined ? [] : [withoutHidden(detail)]), ...more].join('; ');
      const outcome = { ok, code: code ?? null, detail: text === '' ? null : text };
      await answer(terminal, command, outcome, { kind: 'terminal', id: terminal.id });
    },
    isAskedFor: (terminalKey, epoch) =>
      (open.get(terminalKey) ?? []).some(
        ({ op, args }) =>
          op === 'journal-send' &&
          reported.get(terminalKey)?.find(({ id }) => id === args.journal)?.epoch === epoch,
      ),
    async follow() {
      await read();
      if (open.size === 0) return;
      for (const terminal of terminals()) {
        const commands = open.get(terminal.key) ?? [];
        if (commands.length === 0 || !isHere(terminal.id)) continue;
        const unheard = ({ id, deliveredAt, expiresAt }: CommandRecord) =>
          monotonic() - (saidAt.get(id) ?? Number.NEGATIVE_INFINITY) >= SAY_AGAIN_MS &&
          (deliveredAt !== null || expiresAt > now());
        await say(terminal.id, commands.filter(unheard));
      }
    },
    hasExpired: () => [...open.values()].flat().some(isExpired),
    async expire(lease) {
      await read();
      for (const terminal of terminals())
        for (const command of open.get(terminal.key) ?? [])
          if (isExpired(command)) await answer(terminal, command, EXPIRED, { kind: 'gateway' }, lease);
    },
  };
}

type Reports = Pick<CommandStore, 'putAway'>;

async function reportOf(reads: Reports, terminalKey: number, { journal }: CommandRecord['args']) {
  const report = (await reads.putAway()).find((one) => one.terminalKey === terminalKey);
  return report?.journals.find(({ id }) => id === journal);
}

/** What the gateway has heard of, of that journal, and will not get. */
async function writeOff(
  tx: CommandTx,
  terminal: Addressed,
  args: CommandRecord['args'],
  at: number,
): Promise<object> {
  const { epoch, reason } = (await reportOf(tx, terminal.key, args)) ?? {};
  // The original of a copied card may go on with its epoch; and another terminal's is none of ours.
  if (epoch === undefined || reason !== 'corrupt') return {};
  const isKnown = (await tx.journals(terminal.id)).some((one) => one.epoch === epoch);
  return isKnown ? tx.writeOff(terminal.id, epoch, at) : {};
}

/** Of a copied card: what came under numbers that were taken already waits for a person, and the answer says how much. */
async function conflictsIn(
  reads: Reports & Pick<CommandStore, 'countConflicts'>,
  terminalKey: number,
  args: CommandRecord['args'],
): Promise<number> {
  const epoch = (await reportOf(reads, terminalKey, args))?.epoch;
  return epoch === undefined ? 0 : reads.countConflicts(terminalKey, epoch);
}
