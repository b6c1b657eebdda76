import type { Command } from 'commander';
import { JOURNAL_ID_PATTERN } from '../../../protocol/health.ts';
import { MAX_REASON_CHARS } from '../../audit/reasons.ts';
import { createCommandDesk, type JournalOp } from '../../fleet/command-desk.ts';
import type { CommandRecord } from '../../store/commands.ts';
import type { Store } from '../../store/store.ts';
import { checkId } from '../ids.ts';
import { date, show, showOne } from '../output.ts';
import { checkText } from '../texts.ts';
import type { WithStore } from '../with-store.ts';

const ASKED_NOTE =
  'The terminal is told when it is connected. What came of it: manyi terminal journals TERMINAL';

/** Journals put away on the cards of terminals: what is there, and what is to be done with it. */
export function registerTerminalJournalCommands(terminal: Command, withStore: WithStore): void {
  terminal
    .command('journals <terminal>')
    .description('lists the journals put away on its card, as it last said, and what was asked about them')
    .action((terminalId: string) =>
      withStore.reading(async (store, json) => {
        const rows = (await deskOf(store).journals(terminalId)).map(({ journal, command }) => ({
          id: journal.id ?? null,
          reason: journal.reason,
          at: date(journal.at),
          unsent: journal.unsent ?? null,
          state: journal.state ?? 'open',
          epoch: journal.epoch ?? null,
          asked: command?.op ?? null,
          answer: command === null ? null : answerOf(command),
        }));
        show(rows, json);
      }),
    );
  const ask = (op: JournalOp, description: string) =>
    terminal
      .command(op)
      .description(description)
      .argument('<terminal>', 'the terminal')
      .argument('<id>', 'the journal, as `terminal journals` names it', checkId(JOURNAL_ID_PATTERN))
      .requiredOption('--reason <text>', 'why, for the audit', checkText(MAX_REASON_CHARS))
      .action((terminalId: string, journal: string, { reason }: { reason: string }) =>
        withStore(async (store, json, context) => {
          const order = { terminalId, op, journal, reason };
          const { id, expiresAt } = await deskOf(store).order(context.by, order);
          showOne(
            { command: id, op, terminal: terminalId, journal, expiresAt: date(expiresAt) },
            json,
            ASKED_NOTE,
          );
        }),
      );
  ask('journal-send', 'tells it to send the votes of a journal put away, as far as they can be read');
  ask(
    'journal-drop',
    'writes the votes of a journal put away off; the file stays for 30 days, in which `journal-send` takes it back',
  );
}

const deskOf = ({ commands }: Store) => createCommandDesk({ store: commands, now: Date.now });

function answerOf({ deliveredAt, answer }: CommandRecord): string {
  if (answer === null) return deliveredAt === null ? 'waits for the terminal' : 'told';
  return [answer.ok ? 'done' : (answer.code ?? 'failed'), answer.detail]
    .filter((part) => part !== null)
    .join(': ');
}
