/** One mail to one address, by the server of the settings: encrypted and known, or not at all; not waiting for long. */
import { createTransport } from 'nodemailer';
import { DeliveryFailure } from './delivery-failure.ts';

const TIMEOUT_MS = 30_000;
/** Of what a server answers. */
const ANSWER_BYTES = 16 * 1024;

export type MailServer = {
  host: string;
  port: number;
  /** `tls` from the start; `starttls` after a first word, and never without; `none` for a relay on the same machine. */
  encryption: 'tls' | 'starttls' | 'none';
  account: { user: string; password: string } | null;
  /** PEM; null: those that Node.js comes with. */
  authorities: string | null;
  from: string;
};

export type MailMessage = {
  to: string;
  /** Within the domain of `from`: the same at every attempt; and of what all mail about the same alert is said to be about. */
  id: string;
  about: string | null;
  subject: string;
  text: string;
  at: Date;
};

export type SendMail = (message: MailMessage) => Promise<void>;

/** @throws DeliveryFailure */
export function createSendMail(server: MailServer, timeoutMs = TIMEOUT_MS): SendMail {
  const { host, port, encryption, account, authorities, from } = server;
  const domain = from.slice(from.lastIndexOf('@') + 1);
  const transport = createTransport({
    ...{ host, port, secure: encryption === 'tls' },
    ...{ requireTLS: encryption === 'starttls', ignoreTLS: encryption === 'none' },
    ...(account && { auth: { user: account.user, pass: account.password } }),
    tls: { minVersion: 'TLSv1.2', ...(authorities !== null && { ca: authorities }) },
    ...{ connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs },
    ...{ dnsTimeout: timeoutMs, socketCloseTimeout: 0, maxResponseSize: ANSWER_BYTES, logger: false },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
  return async ({ to, id, about, subject, text, at }) => {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      await transport.sendMail({
        ...{ from: { name: '', address: from }, to: { name: '', address: to }, envelope: { from, to } },
        ...{ subject, text, date: at, signal, messageId: `<${id}@${domain}>` },
        ...(about !== null && { references: `<${about}@${domain}>` }),
        // RFC 3834: nobody's absence is to be answered to it.
        headers: { 'auto-submitted': 'auto-generated' },
      });
    } catch (error) {
      if (signal.aborted) throw new DeliveryFailure('mail-timeout', `${host} took too long`);
      throw failureOf(error as SmtpError);
    }
  };
}

type SmtpError = Error & { code?: string; command?: string; responseCode?: number; response?: string };

/** "Sign in first", and what may be the matter with that (RFC 4954, 6). */
const SIGN_IN_REPLIES = [530, 534, 535, 538];

function failureOf({
  code = '',
  command = '',
  responseCode = 0,
  response,
  message,
}: SmtpError): DeliveryFailure {
  // What the server says there may hold what it was told.
  if (code === 'EAUTH' || code === 'ENOAUTH' || SIGN_IN_REPLIES.includes(responseCode))
    return new DeliveryFailure('mail-auth-refused', responseCode === 0 ? '' : String(responseCode));
  if (code === 'ETIMEDOUT') return new DeliveryFailure('mail-timeout', message);
  if (code === 'EDNS') return new DeliveryFailure('mail-host-unknown', message);
  if (code === 'ETLS' || /certificate|\bTLS\b|\bSSL\b/i.test(message))
    return new DeliveryFailure('mail-not-encrypted', message);
  const said = response ?? message;
  if (responseCode >= 400 && responseCode < 500) return new DeliveryFailure('mail-deferred', said);
  // RFC 5321, 4.2.1: the same would be refused again. 503 is of the order of commands, and a refused connection of the server.
  if (responseCode >= 500 && responseCode !== 503 && /^(MAIL|RCPT|DATA)/.test(command))
    return new DeliveryFailure('mail-refused', said, { isFinal: true });
  return new DeliveryFailure('mail-unreachable', said);
}
