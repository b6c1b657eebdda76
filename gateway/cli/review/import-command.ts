import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { TERMINAL_ID_PATTERN } from '../../../protocol/ids.ts';
import { MAX_JOURNAL_FILE_BYTES } from '../../../protocol/journal-file.ts';
import { createAudit } from '../../audit/audit.ts';
import { MAX_REASON_CHARS } from '../../audit/reasons.ts';
import { importJournal, type JournalFiles } from '../../review/journal-import.ts';
import { OrgRefusal } from '../../store/failures.ts';
import { checkId } from '../ids.ts';
import { showOne } from '../output.ts';
import { checkText } from '../texts.ts';
import type { WithStore } from '../with-store.ts';

const MAX_NOTE_BYTES = 1_024;
/** For a gateway that runs, between two of our commits. */
const REST_MS = 5;

type Options = { terminal?: string; reason: string; dryRun?: boolean };

export function registerImportCommand(journal: Command, withStore: WithStore): void {
  journal
    .command('import')
    .description(
      'stores the votes of a journal that was brought here as a file: of a dead board, or put away by another one',
    )
    .argument('<file>', 'journal.db, or one that was put away; FILE-wal and FILE.json belong beside it')
    .option('--terminal <id>', 'whose it is, where the file does not say', checkId(TERMINAL_ID_PATTERN))
    .requiredOption('--reason <text>', 'why, for the audit', checkText(MAX_REASON_CHARS))
    .option('--dry-run', 'says what would be stored, and stores nothing')
    .action((file: string, { terminal, reason, dryRun = false }: Options) =>
      withStore(async ({ review, fleet, audit }, json, { by }) => {
        const deps = { review, fleet, audit: createAudit(audit), now: Date.now, rest: () => sleep(REST_MS) };
        const files = readFiles(resolve(file));
        const outcome = await importJournal(deps, by, files, {
          terminalId: terminal ?? null,
          reason,
          dryRun,
        });
        showOne({ ...outcome, ...(dryRun && { dryRun }) }, json, dryRun ? 'Nothing was stored.' : '');
      }),
    );
}

/** In memory as a whole: the file is a copy from then on, and only ever read. */
function readFiles(file: string): JournalFiles {
  if (!existsSync(file)) throw new OrgRefusal('file-missing', `there is no file ${file}`);
  const wal = `${file}-wal`;
  const note = `${file}.json`;
  return {
    file: readBounded(file, MAX_JOURNAL_FILE_BYTES),
    wal: existsSync(wal) ? readBounded(wal, MAX_JOURNAL_FILE_BYTES) : null,
    isBehind: /\.behind-\d+(\.|$)/.test(file),
    note: existsSync(note) ? readBounded(note, MAX_NOTE_BYTES).toString('utf8') : null,
  };
}

function readBounded(file: string, maxBytes: number): Buffer {
  const stat = statSync(file);
  if (!stat.isFile() || stat.size > maxBytes)
    throw new OrgRefusal('journal-unreadable', `${file} is no journal: a file of at most ${maxBytes} bytes`);
  return readFileSync(file);
}
