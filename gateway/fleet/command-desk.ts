/** What technicians tell terminals to do with journals put away, at the command line and over HTTP alike; each is in the audit or not done. */
import { randomUUID } from 'node:crypto';
import type { SetAside } from '../../protocol/health.ts';
import { readReason } from '../audit/reasons.ts';
import { writeActor } from '../domain/actor.ts';
import type { By } from '../store/changes.ts';
import type { CommandReads, CommandRecord, CommandStore } from '../store/commands.ts';
import { OrgRefusal } from '../store/failures.ts';
import { isOpen } from './journal-alarms.ts';

export type JournalOp = 'journal-send' | 'journal-drop';
export type Order = { terminalId: string; op: JournalOp; journal: string; reason: string };

/** A journal put away as its terminal last said, and what was last asked about it. */
export type ReportedJournal = { journal: SetAside; reportedAt: number; command: CommandRecord | null };

export type CommandDesk = {
  /** @throws OrgRefusal `reason-invalid`, `terminal-unknown`, `journal-unknown`, `journal-of-other-terminal`, `commands-too-many`. */
  order(by: By, order: Order): Promise<{ id: string; expiresAt: number }>;
  /** Newest first. @throws OrgRefusal `terminal-unknown`. */
  journals(terminalId: string): Promise<ReportedJournal[]>;
  /** Newest first. @throws OrgRefusal `terminal-unknown`. */
  commands(terminalId: string): Promise<CommandRecord[]>;
};

export type CommandDeskDeps = {
  store: CommandStore;
  now: () => number;
  /** There is one more, for a gateway that runs in this process. */
  changed?(): Promise<void>;
};

/** A board that is away for a weekend still hears of it. */
const GOOD_FOR_MS = 7 * 24 * 3_600_000;
const MAX_OPEN = 8;
const SHOWN = 100;

export function createCommandDesk({ store, now, changed = async () => {} }: CommandDeskDeps): CommandDesk {
  return {
    async order(by, { terminalId, op, journal, reason: given }) {
      const reason = readReason(given);
      const id = randomUUID();
      const madeAt = now();
      const expiresAt = madeAt + GOOD_FOR_MS;
      await store.change(async (tx) => {
        const terminalKey = await keyOf(tx, terminalId);
        const reported = (await reportOf(tx, terminalKey))?.journals.find((one) => one.id === journal);
        if (!reported)
          throw new OrgRefusal(
            'journal-unknown',
            `${terminalId} reports no journal ${journal} put away: list them with \`terminal journals ${terminalId}\``,
          );
        if (op === 'journal-send' && reported.reason === 'moved')
          throw new OrgRefusal(
            'journal-of-other-terminal',
            `journal ${journal} is of another terminal, whose votes ${terminalId} may not send: bring the file here and use \`journal import\``,
          );
        const waiting = (await tx.commandsOf(terminalKey, SHOWN)).filter(({ answer }) => answer === null);
        if (waiting.length >= MAX_OPEN)
          throw new OrgRefusal(
            'commands-too-many',
            `${waiting.length} commands wait for ${terminalId} already: it answers them when it is connected`,
          );
        const told = { op, args: { journal }, reason, madeAt, madeBy: writeActor(by.actor), expiresAt };
        await tx.addCommand({ id, terminalKey, ...told });
        const { epoch, unsent } = reported;
        const detail = {
          ...{ command: id, journal, reason, put: reported.reason, expiresAt },
          ...{ epoch: epoch ?? null, votes: unsent ?? null },
        };
        return tx.audited(
          { by, action: `terminal.${op}`, target: { kind: 'terminal', id: terminalId }, detail },
          undefined,
        );
      });
      await changed();
      return { id, expiresAt };
    },
    async journals(terminalId) {
      const terminalKey = await keyOf(store, terminalId);
      const report = await reportOf(store, terminalKey);
      const commands = await store.commandsOf(terminalKey, SHOWN);
      return (report?.journals ?? [])
        .map((journal) => ({
          journal,
          reportedAt: report?.reportedAt ?? 0,
          command: commands.find(({ args }) => args.journal === journal.id) ?? null,
        }))
        .sort((a, b) => Number(isOpen(b.journal)) - Number(isOpen(a.journal)));
    },
    commands: async (terminalId) => store.commandsOf(await keyOf(store, terminalId), SHOWN),
  };
}

async function keyOf(reads: CommandReads, terminalId: string): Promise<number> {
  const key = await reads.terminalKey(terminalId);
  if (key !== undefined) return key;
  throw new OrgRefusal('terminal-unknown', `there is no terminal ${terminalId}: list the terminals`);
}

async function reportOf(reads: CommandReads, terminalKey: number) {
  return (await reads.putAway()).find((report) => report.terminalKey === terminalKey);
}
