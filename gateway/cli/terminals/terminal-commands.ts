import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { TERMINAL_ID_PATTERN } from '../../../protocol/ids.ts';
import { MAX_REASON_CHARS } from '../../audit/reasons.ts';
import {
  type Code,
  createProvisioning,
  DEFAULT_CODE_HOURS,
  MAX_CODE_HOURS,
  type Provisioning,
} from '../../fleet/provisioning.ts';
import { openAuthority } from '../../pki/authority.ts';
import { pkiIn } from '../../store/data-folder.ts';
import { OrgRefusal } from '../../store/failures.ts';
import type { Store } from '../../store/store.ts';
import { checkId, newId } from '../ids.ts';
import { date, show, showNote, showOne } from '../output.ts';
import { checkText } from '../texts.ts';
import type { CliContext, WithStore } from '../with-store.ts';
import { registerTerminalJournalCommands } from './journal-commands.ts';
import { HEARD_NOTE, terminalRows } from './terminal-rows.ts';

const CODE_NOTE = `Give the code to the terminal (MANYI_ENROLMENT_CODE). It is shown only this once, and is good for one
terminal until it expires.`;

/** Terminals, the codes they enrol with, their certificates. */
export function registerTerminalCommands(program: Command, withStore: WithStore): void {
  const terminal = program.command('terminal').description('a device at a window that takes votes');

  terminal
    .command('add')
    .description('adds one, and prints the code that it gets its certificate with')
    .requiredOption('--window <id>', 'the window it stands at')
    .option('--id <id>', 'an id of your choice', checkId(TERMINAL_ID_PATTERN))
    .option('--hours <n>', 'how long the code is good for', checkHours, DEFAULT_CODE_HOURS)
    .action(({ window: windowId, id = newId('t'), hours }: { window: string; id?: string; hours: number }) =>
      withStore(async (store, json, context) => {
        const { add } = await provision(store, context);
        const enrolment = shown(await add(context.by, { id, windowId }, hours));
        showOne({ id, windowId, ...enrolment }, json, CODE_NOTE);
      }),
    );

  terminal
    .command('list')
    .description('where each stands, when it was last heard of, and whether its certificate is good')
    .action(() =>
      withStore.reading(async (store, json) => {
        show(await terminalRows(store, Date.now()), json);
        if (!json) showNote(HEARD_NOTE);
      }),
    );

  terminal
    .command('code')
    .description('prints a new code for a terminal that is there: after a new card, or a revocation')
    .requiredOption('--terminal <id>', 'the terminal')
    .option('--hours <n>', 'how long the code is good for', checkHours, DEFAULT_CODE_HOURS)
    .action(({ terminal: id, hours }: { terminal: string; hours: number }) =>
      withStore(async (store, json, context) => {
        const { openCode } = await provision(store, context);
        const enrolment = shown(await openCode(context.by, id, hours));
        showOne({ id, ...enrolment }, json, CODE_NOTE);
      }),
    );

  terminal
    .command('certify')
    .description('signs a request (PKCS #10, PEM) that was brought by hand, and prints the certificate')
    .requiredOption('--terminal <id>', 'the terminal')
    .requiredOption('--csr <file>', 'the signing request')
    .option('--days <n>', 'how long the certificate is good for', checkDays, 365)
    .action(({ terminal: id, csr, days }: { terminal: string; csr: string; days: number }) =>
      withStore(async (store, json, context) => {
        const { certify, authority } = await provision(store, context);
        const { pem, serial } = await certify(context.by, id, readFileSync(csr, 'utf8'), days);
        if (json) showOne({ id, serial, certificate: pem, authority }, json, '');
        else console.log(`${pem}\n${authority}`);
      }),
    );

  terminal
    .command('certificates')
    .description('lists the certificates of a terminal')
    .requiredOption('--terminal <id>', 'the terminal')
    .action(({ terminal: id }: { terminal: string }) =>
      withStore.reading(async ({ fleet }, json) => {
        const found = await fleet.terminal(id);
        if (!found)
          throw new OrgRefusal('terminal-unknown', `there is no terminal ${id}: list the terminals`);
        const rows = (await fleet.certificates(found.key)).map((record) => ({
          serial: record.serial,
          issuedAt: date(record.issuedAt),
          expiresAt: date(record.expiresAt),
          firstUsedAt: date(record.firstUsedAt),
          revokedAt: date(record.revokedAt),
          reason: record.reason,
        }));
        show(rows, json);
      }),
    );

  terminal
    .command('revoke')
    .description('withdraws the certificates of a terminal, or one of them; it is cut off within a second')
    .requiredOption('--terminal <id>', 'the terminal')
    .requiredOption('--reason <text>', 'why, for the audit', checkReason)
    .option('--serial <hex>', 'only this one')
    .action(({ terminal: id, serial, reason }: { terminal: string; serial?: string; reason: string }) =>
      withStore(async (store, json, context) => {
        const { revoke } = await provision(store, context);
        const revoked = await revoke(context.by, id, serial ?? null, reason);
        showOne({ id, revoked: json ? revoked : revoked.join(' ') || 'none was left' }, json, '');
      }),
    );
  registerTerminalJournalCommands(terminal, withStore);
}

/** The same acts as over HTTP, on the same authority. */
async function provision(
  { fleet, keys }: Store,
  { dataDir }: CliContext,
): Promise<Provisioning & { authority: string }> {
  const authority = await openAuthority({ keys, folder: pkiIn(dataDir), now: Date.now });
  const provisioning = createProvisioning({ store: fleet, authority, now: Date.now });
  return { ...provisioning, authority: authority.certificate };
}

const shown = ({ code, expiresAt }: Code) => ({ code, expiresAt: date(expiresAt) });

function numberWithin(from: number, to: number, what: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= from && value <= to))
      throw new InvalidArgumentError(`${what} from ${from} to ${to}`);
    return value;
  };
}
const checkHours = numberWithin(0.01, MAX_CODE_HOURS, 'hours');
const checkDays = numberWithin(0.0001, 3_650, 'days');
const checkReason = checkText(MAX_REASON_CHARS);
