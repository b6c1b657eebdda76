import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { formatEnrolmentCode, SECRET_BYTES, toBase32 } from '../../protocol/enrolment-code.ts';
import { TERMINAL_ID_PATTERN } from '../../protocol/ids.ts';
import { hashSecret } from '../fleet/enrolment.ts';
import { openAuthority } from '../pki/authority.ts';
import { OrgRefusal, type Store } from '../store/store.ts';
import { checkId, newId } from './ids.ts';
import { show, showOne } from './output.ts';
import type { CliContext, WithStore } from './with-store.ts';

const HOUR_MS = 3_600_000;
const DEFAULT_CODE_HOURS = 24;
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
        store.atomic(() => {
          context.audit(context.by, 'terminal.add', `terminal:${id}`, { windowId });
          store.addTerminal({ id, windowId });
        });
        const enrolment = await openCode(store, context, id, hours);
        showOne({ id, windowId, ...enrolment }, json, CODE_NOTE);
      }),
    );

  terminal.command('list').action(() =>
    withStore((store, json) => {
      // The youngest of each terminal is the last.
      const good = store.certificates().filter(({ revokedAt }) => revokedAt === null);
      const expiry = new Map(good.map(({ terminalKey, expiresAt }) => [terminalKey, expiresAt]));
      const rows = store.terminals().map(({ key, id, windowId, lastSeenAt }) => {
        const expiresAt = expiry.get(key) ?? null;
        return { id, windowId, lastSeenAt: date(lastSeenAt), certificateExpiresAt: date(expiresAt) };
      });
      show(rows, json);
    }),
  );

  terminal
    .command('code')
    .description('prints a new code for a terminal that is there: after a new card, or a revocation')
    .requiredOption('--terminal <id>', 'the terminal')
    .option('--hours <n>', 'how long the code is good for', checkHours, DEFAULT_CODE_HOURS)
    .action(({ terminal: id, hours }: { terminal: string; hours: number }) =>
      withStore(async (store, json, context) => {
        const enrolment = await openCode(store, context, id, hours);
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
      withStore(async (store, json, { by, audit, dataDir }) => {
        const terminalKey = keyOf(store, id);
        const authority = await open(dataDir);
        const issued = await authority.issueTerminal(id, readFileSync(csr, 'utf8'), days);
        const { pem, serial, publicKey, expiresAt } = issued;
        store.atomic(() => {
          audit(by, 'certificate.issue', `terminal:${id}`, { serial, expiresAt });
          store.addCertificate({ serial, terminalKey, publicKey, issuedAt: Date.now(), expiresAt });
        });
        if (json) showOne({ id, serial, certificate: pem, authority: authority.certificate }, json, '');
        else console.log(`${pem}\n${authority.certificate}`);
      }),
    );

  terminal
    .command('certificates')
    .description('lists the certificates of a terminal')
    .requiredOption('--terminal <id>', 'the terminal')
    .action(({ terminal: id }: { terminal: string }) =>
      withStore((store, json) => {
        const rows = store.certificates(keyOf(store, id)).map((record) => ({
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
      withStore((store, json, { by, audit }) => {
        const terminalKey = keyOf(store, id);
        const only = serial?.toUpperCase() ?? null;
        const revoked = store.atomic(() => {
          const serials = store.revokeCertificates(terminalKey, only, Date.now(), reason);
          // A code that is open would be a way back in.
          if (only === null) store.closeEnrolment(terminalKey);
          audit(by, 'certificate.revoke', `terminal:${id}`, { serials, reason });
          return serials;
        });
        if (revoked.length === 0 && serial !== undefined)
          throw new OrgRefusal(
            'certificate-unknown',
            `${id} has no such certificate that is not revoked: list them with \`terminal certificates\``,
          );
        showOne({ id, revoked: json ? revoked : revoked.join(' ') || 'none was left' }, json, '');
      }),
    );
}

async function openCode(store: Store, { by, audit, dataDir }: CliContext, terminalId: string, hours: number) {
  const terminalKey = keyOf(store, terminalId);
  const secret = toBase32(randomBytes(SECRET_BYTES));
  const expiresAt = Date.now() + hours * HOUR_MS;
  const { fingerprint } = await open(dataDir);
  store.atomic(() => {
    audit(by, 'terminal.code', `terminal:${terminalId}`, { expiresAt });
    store.openEnrolment({ terminalKey, secretHash: hashSecret(secret), expiresAt });
  });
  const code = formatEnrolmentCode({ terminalId, secret, authority: fingerprint });
  return { code, expiresAt: date(expiresAt) };
}

const open = (dataDir: string) => openAuthority({ folder: join(dataDir, 'pki'), now: Date.now });

function keyOf(store: Store, terminalId: string): number {
  const terminal = store.terminals().find(({ id }) => id === terminalId);
  if (terminal) return terminal.key;
  throw new OrgRefusal(
    'terminal-unknown',
    `there is no terminal ${terminalId}: list them with \`terminal list\``,
  );
}

const date = (at: number | null) => (at === null ? null : new Date(at).toISOString());

function numberWithin(from: number, to: number, what: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= from && value <= to))
      throw new InvalidArgumentError(`${what} from ${from} to ${to}`);
    return value;
  };
}
const checkHours = numberWithin(0.01, 24 * 30, 'hours');
const checkDays = numberWithin(0.0001, 3_650, 'days');

function checkReason(text: string): string {
  const clean = text.normalize('NFC').trim();
  if (clean === '' || [...clean].length > 200 || /\p{Cc}/u.test(clean))
    throw new InvalidArgumentError('a reason has 1 to 200 printable characters');
  return clean;
}
