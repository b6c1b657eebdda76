/** What technicians tell terminals to do with journals put away, at the command line and over HTTP alike; each is in the audit or not done. */
import { randomUUID } from 'node:crypto';
import type { SetAside } from '../../protocol/health.ts';
import { readReason } from '../audit/reasons.ts';
import type { CommandRecord } from '../store/put-away-store.ts';
import { OrgRefusal, type Store } from '../store/store.ts';
import { isOpen } from './journal-alarms.ts';

type By = { actor: string; origin: string };

export type JournalOp = 'journal-send' | 'journal-drop';
export type Order = { terminalId: string; op: JournalOp; journal: string; reason: string };

/** A journal put away as its terminal last said, and what was last asked about it. */
export type ReportedJournal = { journal: SetAside; reportedAt: number; command: CommandRecord | null };

export type CommandDesk = {
  /** @throws OrgRefusal `reason-invalid`, `terminal-unknown`, `journal-unknown`, `journal-of-other-terminal`, `commands-too-many`. */
  order(by: By, order: Order): { id: string; expiresAt: number };
  /** Newest first. @throws OrgRefusal `terminal-unknown`. */
  journals(terminalId: string): ReportedJournal[];
  /** Newest first. @throws OrgRefusal `terminal-unknown`. */
  commands(terminalId: string): CommandRecord[];
};

export type CommandDeskDeps = {
  store: Pick<Store, 'terminals' | 'putAway' | 'commandsOf' | 'addCommand' | 'atomic'>;
  audit(by: By, action: string, target: string, detail: Record<string, unknown>): void;
  now: () => number;
  /** There is one more, for a gateway that runs in this process. */
  changed?(): void;
};

/** A board that is away for a weekend still hears of it. */
const GOOD_FOR_MS = 7 * 24 * 3_600_000;
const MAX_OPEN = 8;
const SHOWN = 100;

export function createCommandDesk({ store, audit, now, changed = () => {} }: CommandDeskDeps): CommandDesk {
  const keyOf = (terminalId: string): number => {
    const terminal = store.terminals().find(({ id }) => id === terminalId);
    if (terminal) return terminal.key;
    throw new OrgRefusal('terminal-unknown', `there is no terminal ${terminalId}: list the terminals`);
  };
  const reportOf = (terminalKey: number) =>
    store.putAway().find((report) => report.terminalKey === terminalKey);

  return {
    order(by, { terminalId, op, journal, reason: given }) {
      const reason = readReason(given);
      const id = randomUUID();
      const madeAt = now();
      const expiresAt = madeAt + GOOD_FOR_MS;
      store.atomic(() => {
        const terminalKey = keyOf(terminalId);
        const reported = reportOf(terminalKey)?.journals.find((one) => one.id === journal);
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
        const waiting = store.commandsOf(terminalKey, SHOWN).filter(({ answer }) => answer === null);
        if (waiting.length >= MAX_OPEN)
          throw new OrgRefusal(
            'commands-too-many',
            `${waiting.length} commands wait for ${terminalId} already: it answers them when it is connected`,
          );
        const { epoch, unsent } = reported;
        audit(by, `terminal.${op}`, `terminal:${terminalId}`, {
          ...{ command: id, journal, reason, put: reported.reason, expiresAt },
          ...{ epoch: epoch ?? null, votes: unsent ?? null },
        });
        store.addCommand({
          id,
          terminalKey,
          op,
          args: { journal },
          reason,
          madeAt,
          madeBy: by.actor,
          expiresAt,
        });
      });
      changed();
      return { id, expiresAt };
    },
    journals(terminalId) {
      const terminalKey = keyOf(terminalId);
      const report = reportOf(terminalKey);
      const commands = store.commandsOf(terminalKey, SHOWN);
      return (report?.journals ?? [])
        .map((journal) => ({
          journal,
          reportedAt: report?.reportedAt ?? 0,
          command: commands.find(({ args }) => args.journal === journal.id) ?? null,
        }))
        .sort((a, b) => Number(isOpen(b.journal)) - Number(isOpen(a.journal)));
    },
    commands: (terminalId) => store.commandsOf(keyOf(terminalId), SHOWN),
  };
}
