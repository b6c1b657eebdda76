/** By which server mail of alerts is sent: the settings. */
import { BlockList, isIP } from 'node:net';
import { contentOf, optional } from '../protocol/process/setting-readers.ts';
import { secret, setting, Unfit } from '../protocol/process/settings.ts';
import { isMailAddress } from './domain/mail-address.ts';

export type SmtpServer = { host: string; port: number; encryption: 'tls' | 'starttls' | 'none' };

export type MailSettings = {
  /** Null: no mail is sent. */
  smtpServer: SmtpServer | null;
  smtpUser: string | null;
  smtpPassword: string | null;
  /** … and what the file of it holds. */
  smtpPasswordFile: string | null;
  /** Authorities, PEM; null: those that Node.js comes with. */
  smtpAuthorities: string | null;
  mailFrom: string | null;
  /** Where people find the pages, without a `/` at its end; null: no mail leads there. */
  publicAddress: string | null;
};

const SERVER = 'MANYI_SMTP_SERVER';
const USER = 'MANYI_SMTP_USER';
const PASSWORD = 'MANYI_SMTP_PASSWORD';
const PASSWORD_FILE = 'MANYI_SMTP_PASSWORD_FILE';
const FROM = 'MANYI_MAIL_FROM';

export const MAIL_SETTINGS = {
  smtpServer: setting(
    SERVER,
    '',
    'server that mail of alerts goes by: smtps://HOST (TLS, port 465), smtp://HOST (STARTTLS, 587), smtp+plain://HOST (25; this machine only)',
    optional(smtpServer),
  ),
  smtpUser: setting(USER, '', 'account there', optional(String)),
  smtpPassword: secret(PASSWORD, 'its password', optional(String)),
  smtpPasswordFile: setting(PASSWORD_FILE, '', 'file of that password instead', optional(contentOf)),
  smtpAuthorities: setting(
    'MANYI_SMTP_CA',
    '',
    'file of the authorities (PEM) that its certificate may be of; else the public ones',
    optional(authorities),
  ),
  mailFrom: setting(FROM, '', 'address that mail comes from', optional(mailAddress)),
  publicAddress: setting(
    'MANYI_PUBLIC_ADDRESS',
    '',
    'where people find the pages, for links in mail, e.g. https://manyi.example.org',
    optional(publicAddress),
  ),
};

/** What is wrong between them. */
export function mailMistakes(values: Partial<MailSettings>): string[] {
  const { smtpServer: server, smtpUser, smtpPassword, smtpPasswordFile, mailFrom } = values;
  const mistakes: string[] = [];
  if (server && mailFrom === null) mistakes.push(`${SERVER}: set ${FROM}, too`);
  if (server === null && (mailFrom || smtpUser)) mistakes.push(`${FROM}, ${USER}: set ${SERVER}, too`);
  if (smtpPassword && smtpPasswordFile) mistakes.push(`${PASSWORD}, ${PASSWORD_FILE}: set one of them`);
  const hasPassword = Boolean(smtpPassword || smtpPasswordFile);
  if (smtpUser !== undefined && (smtpUser !== null) !== hasPassword)
    mistakes.push(`${USER}, ${PASSWORD} (or ${PASSWORD_FILE}): set both or neither`);
  if (server?.encryption === 'none' && !isThisMachine(server.host))
    mistakes.push(
      `${SERVER}: smtp+plain:// does not encrypt, and goes to localhost, 127.0.0.0/8 or [::1] only: set smtps:// or smtp://`,
    );
  if (server?.encryption === 'none' && smtpUser)
    mistakes.push(`${USER}: a password goes to smtps:// or smtp:// only, which encrypt`);
  return mistakes;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** No other name: whoever answers for it could lead mail away from here. */
function isThisMachine(host: string): boolean {
  const kind = isIP(host);
  if (kind === 0) return host.toLowerCase() === 'localhost';
  return loopback.check(host, kind === 4 ? 'ipv4' : 'ipv6');
}

const SCHEMES = {
  'smtps:': { port: 465, encryption: 'tls' },
  'smtp:': { port: 587, encryption: 'starttls' },
  'smtp+plain:': { port: 25, encryption: 'none' },
} as const;

function smtpServer(text: string): SmtpServer {
  const url = URL.canParse(text) ? new URL(text) : null;
  const scheme = url && SCHEMES[url.protocol as keyof typeof SCHEMES];
  const isBare = url && `${url.username}${url.password}${url.search}${url.hash}` === '';
  if (!scheme || !isBare || url.hostname === '' || !['', '/'].includes(url.pathname))
    throw new Unfit('must be such as smtps://mail.example.org, without a name and a password');
  const { encryption, port } = scheme;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return { host, encryption, port: url.port === '' ? port : Number(url.port) };
}

function authorities(file: string): string {
  const pem = contentOf(file);
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw new Unfit('must be a file of certificates in PEM');
  return pem;
}

function mailAddress(text: string): string {
  if (!isMailAddress(text)) throw new Unfit('must be an address such as manyi@example.org');
  return text;
}

function publicAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isBare = url && `${url.username}${url.password}${url.search}${url.hash}` === '';
  if (!isBare || !['https:', 'http:'].includes(url.protocol))
    throw new Unfit('must be such as https://manyi.example.org');
  return url.href.replace(/\/$/, '');
}
