import { Command, Option } from 'commander';
import { quietStreams } from '../../output/quiet-streams.ts';
import { registerAuditCommands } from './audit-commands.ts';
import { registerAuthorityCommands } from './authority-commands.ts';
import { registerBackupCommands } from './backup-commands.ts';
import { registerCheckCommands } from './check-commands.ts';
import { registerOrgCommands } from './org-commands.ts';
import { explain, explainOutput } from './output.ts';
import { registerPeopleCommands } from './people-commands.ts';
import { registerQuarantineCommands } from './quarantine-commands.ts';
import { registerReviewCommands } from './review-commands.ts';
import { registerTerminalCommands } from './terminal-commands.ts';
import { createWithStore } from './with-store.ts';

/** Parses, asks, answers. */
export async function run(): Promise<void> {
  const streams = quietStreams();
  const program = new Command('manyi')
    .description(
      'Units, windows, terminals, accounts, links, sessions; the quarantine and the audit; check, backup and restore. Works while the gateway runs, and while it does not (restore only then).',
    )
    .option('--json', 'answer with JSON only')
    .addOption(
      new Option('--data-dir <dir>', 'folder of the database').env('MANYI_DATA_DIR').default('./data'),
    )
    .showHelpAfterError('See `manyi --help`.');

  const withStore = createWithStore(program);
  registerOrgCommands(program, withStore);
  registerTerminalCommands(program, withStore);
  registerQuarantineCommands(program, withStore);
  registerReviewCommands(program, withStore);
  registerPeopleCommands(program, withStore);
  registerAuditCommands(program, withStore);
  registerBackupCommands(program);
  registerCheckCommands(program);
  registerAuthorityCommands(program);

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
