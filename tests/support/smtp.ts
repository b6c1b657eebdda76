/** A real SMTP server on loopback, and the mail that it was given. */
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { createCertificate } from './certificate.ts';

export type ReceivedMail = {
  from: string;
  to: string[];
  /** By name in small letters, decoded (RFC 2047). */
  headers: Map<string, string>;
  text: string;
  raw: string;
  secure: boolean;
  user: string | null;
};

export type SmtpOptions = {
  encryption?: 'tls' | 'starttls' | 'none';
  account?: { user: string; password: string };
  port?: number;
  /** What is answered to a recipient, and to a whole mail: null takes it. */
  answerTo?: (address: string) => { code: number; text: string } | null;
  answerMail?: () => { code: number; text: string } | null;
};

export async function startSmtpServer(options: SmtpOptions = {}) {
  const { encryption = 'tls', account, answerTo, answerMail, port = 0 } = options;
  const { cert, key } = await createCertificate();
  const mails: ReceivedMail[] = [];
  const refused = (answer: { code: number; text: string } | null | undefined) =>
    answer ? Object.assign(new Error(answer.text), { responseCode: answer.code }) : null;
  const settings: SMTPServerOptions = {
    ...{ secure: encryption === 'tls', cert, key, logger: false, closeTimeout: 100 },
    disabledCommands: encryption === 'none' ? ['STARTTLS'] : [],
    authOptional: account === undefined,
    onAuth(auth, _session, done) {
      const isRight = auth.username === account?.user && auth.password === account?.password;
      if (isRight) done(null, { user: auth.username as string });
      else done(Object.assign(new Error(`no ${auth.password}`), { responseCode: 535 }));
    },
    onRcptTo: ({ address }, _session, done) => done(refused(answerTo?.(address))),
    onData(stream, session, done) {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        const failure = refused(answerMail?.());
        if (!failure)
          mails.push({
            ...read(Buffer.concat(parts).toString('utf8')),
            from: session.envelope.mailFrom ? session.envelope.mailFrom.address : '',
            to: session.envelope.rcptTo.map(({ address }) => address),
            secure: session.secure,
            user: (session.user as string | undefined) ?? null,
          });
        done(failure);
      });
    },
  };
  const server = new SMTPServer(settings);
  // A client that goes away is no failure of a test.
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
  return {
    port: (server.server.address() as AddressInfo).port,
    /** Whose certificate the server's is. */
    authority: cert,
    mails,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

function read(raw: string): Pick<ReceivedMail, 'headers' | 'text' | 'raw'> {
  const [head = '', ...body] = raw.split('\r\n\r\n');
  const headers = new Map(
    head
      .replaceAll(/\r\n[ \t]+/g, ' ')
      .split('\r\n')
      .map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), decodeWords(line.slice(colon + 1).trim())] as const;
      }),
  );
  const content = body.join('\r\n\r\n');
  const encoding = headers.get('content-transfer-encoding');
  const text =
    encoding === 'base64'
      ? Buffer.from(content, 'base64').toString('utf8')
      : encoding === 'quoted-printable'
        ? unquote(content.replaceAll('=\r\n', ''))
        : content;
  return { headers, text: text.replaceAll('\r\n', '\n'), raw };
}

/** Of RFC 2047. */
function decodeWords(text: string): string {
  return text
    .replaceAll(/\?=\s+=\?/g, '?==?')
    .replaceAll(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_, kind: string, word: string) =>
      kind.toLowerCase() === 'b'
        ? Buffer.from(word, 'base64').toString('latin1')
        : word
            .replaceAll('_', ' ')
            .replaceAll(/=([0-9a-f]{2})/gi, (__, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    )
    .replace(/^[\s\S]*$/, (bytes) =>
      [...bytes].every((char) => char < '\u0100') ? Buffer.from(bytes, 'latin1').toString('utf8') : bytes,
    );
}

const unquote = (text: string): string =>
  Buffer.from(
    text.replaceAll(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString('utf8');
