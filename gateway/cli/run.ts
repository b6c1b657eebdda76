import { Command, Option } from 'commander';
import { quietStreams } from '../../protocol/process/quiet-streams.ts';
import { helpOf } from '../../protocol/process/settings.ts';
import { DATA_DIR, DATABASE } from '../store/data-folder.ts';
import { SEAL_SETTINGS } from '../store/seal-settings.ts';
import { registerAlertCommands } from './alerts/alert-commands.ts';
import { registerAuditCommands } from './audit/audit-commands.ts';
import { registerAuthorityCommands } from './authority/authority-commands.ts';
import { registerBackupCommands } from './backup/backup-commands.ts';
import { registerCheckCommands } from './backup/check-commands.ts';
import { registerHistoryCommand } from './history/history-command.ts';
import { registerKeyCommands } from './keys/key-commands.ts';
import { registerOrgCommands } from './org/org-commands.ts';
import { explain, explainOutput, printOnly, usageError } from './output.ts';
import { registerPeopleCommands } from './people/people-commands.ts';
import { registerPrivacyCommands } from './privacy/privacy-commands.ts';
import { registerPublicationCommands } from './publications/publication-commands.ts';
import { registerRecountCommands } from './recount/recount-commands.ts';
import { registerQuarantineCommands } from './review/quarantine-commands.ts';
import { registerReviewCommands } from './review/review-commands.ts';
import { registerReviewsCommands } from './reviews/reviews-commands.ts';
import { registerRuleCommands } from './rules/rule-commands.ts';
import { registerTerminalCommands } from './terminals/terminal-commands.ts';
import { createWithStore } from './with-store.ts';

/** Every command, each with what it does, for its help. */
export function createProgram(): Command {
  const program = new Command('manyi')
    .description(
      'Units, windows, terminals, accounts, links, sessions; the quarantine, the votes that wait for a decision, the rules that votes are judged by, alerts, and the audit; check, recount, backup and restore. Works while the gateway runs, and while it does not (restore and check --repair only then). What only reads changes nothing.',
    )
    .option('--json', 'answer with JSON only')
    .option('--print <field>', 'answer with this field alone, e.g. id, for a script')
    .addOption(new Option('--data-dir <dir>', DATA_DIR.help).env(DATA_DIR.name).default(DATA_DIR.fallback))
    .addOption(
      new Option(
        '--database <address>',
        `${DATABASE.help}; better in the environment, where other users do not see it`,
      ).env(DATABASE.name),
    )
    .configureOutput({
      outputError: (text, write) => write(usageError(text, process.argv.includes('--json'))),
    })
    .addHelpText('after', `\nEnvironment:\n${helpOf(SEAL_SETTINGS)}`)
    .hook('preAction', () => printOnly(program.opts<{ print?: string }>().print ?? null));

  const withStore = createWithStore(program);
  registerOrgCommands(program, withStore);
  registerTerminalCommands(program, withStore);
  registerQuarantineCommands(program, withStore);
  registerReviewCommands(program, withStore);
  registerReviewsCommands(program, withStore);
  registerRuleCommands(program, withStore);
  registerAlertCommands(program, withStore);
  registerPrivacyCommands(program, withStore);
  registerHistoryCommand(program, withStore);
  registerPublicationCommands(program, withStore);
  registerPeopleCommands(program, withStore);
  registerAuditCommands(program, withStore);
  registerBackupCommands(program);
  registerCheckCommands(program, withStore);
  registerRecountCommands(program);
  registerAuthorityCommands(program, withStore);
  registerKeyCommands(program, withStore);
  return program;
}

/** Parses, asks, answers. */
export async function run(): Promise<void> {
  const streams = quietStreams();
  const program = createProgram();
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = explain(error, program.opts().json === true);
  }
  // What was asked for is done, but whoever asked has not seen the answer, and it may be a code that is shown once.
  process.on('exit', () => {
    const error = streams.outputError();
    if (error !== null) process.exitCode = explainOutput(error);
  });
}
