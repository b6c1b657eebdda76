/**
 * The certificate that HTTPS is served with, over its renewals. Files are read again rather than watched: whoever renews may
 * rename, swap links or write in place, and a look every few seconds sees all three. A pair that is no pair, because one half of it
 * is written, changes nothing.
 */
import type { Logger } from 'pino';
import { tellFault } from '../../protocol/process/fault.ts';
import { type HttpsFiles, lifeOf, readTls, type Tls } from './https.ts';

export type HttpsCertificate = {
  tls(): Tls;
  /** Another one is to be served from now on. */
  onRenewed(serve: (tls: Tls) => void): void;
  /** UTC milliseconds. */
  endsAt(): number;
  /** What a person should look at, as codes: it makes nothing red. */
  warnings(): string[];
  /** Looks for another one; what is wrong with it is said when it has been so twice, or at once when somebody `asked`. */
  look(asked?: boolean): Promise<void>;
};

export type HttpsCertificateDeps = {
  log: Logger;
  now: () => number;
  /** Gives the one to be served. Rejects with a coded error. */
  read: () => Tls | Promise<Tls>;
};

const DAY_MS = 86_400_000;
const SOON_MS = 21 * DAY_MS;
const SAID_EVERY_MS = DAY_MS;

export const readFiles = (files: HttpsFiles) => (): Tls => readTls(files);

/** @throws what `read` does: there is none to begin with. */
export async function openHttpsCertificate(deps: HttpsCertificateDeps): Promise<HttpsCertificate> {
  const { log, now, read } = deps;
  let serve = (_tls: Tls): void => {};
  let current = await read();
  let life = lifeOf(current);
  /** What is wrong with what was found last; said once. */
  let trouble: string | null = null;
  let isSaid = false;
  let warnedAt = Number.NEGATIVE_INFINITY;

  const endOf = ():
    | 'https-certificate-expired'
    | 'https-certificate-early'
    | 'https-certificate-ending'
    | null => {
    if (life.endsAt <= now()) return 'https-certificate-expired';
    if (life.beginsAt > now()) return 'https-certificate-early';
    return life.endsAt - now() <= SOON_MS ? 'https-certificate-ending' : null;
  };
  const warn = () => {
    const code = endOf();
    if (code === null || Math.abs(now() - warnedAt) < SAID_EVERY_MS) return;
    warnedAt = now();
    const fields = { code, from: iso(life.beginsAt), until: iso(life.endsAt) };
    const isUrgent = code !== 'https-certificate-ending' || life.endsAt - now() < DAY_MS;
    log[isUrgent ? 'error' : 'warn'](fields, WORDS[code]);
  };
  const take = (found: Tls) => {
    if (trouble !== null && isSaid) log.info('the files of the HTTPS certificate are well again');
    trouble = null;
    isSaid = false;
    if (found.cert === current.cert && found.key === current.key) return;
    serve(found);
    current = found;
    life = lifeOf(found);
    warnedAt = Number.NEGATIVE_INFINITY;
    log.info({ until: iso(life.endsAt) }, 'HTTPS is served with another certificate from now on');
  };
  const keep = (error: unknown, asked: boolean) => {
    const { code, message } = tellFault(error);
    const found = `${code}: ${message}`;
    const isOld = trouble === found;
    if (!isOld) isSaid = false;
    trouble = found;
    // Between the writing of a certificate and that of its key there is nothing to be told.
    if (isSaid || !(isOld || asked)) return;
    isSaid = true;
    log.error({ code, until: iso(life.endsAt) }, `${message}: HTTPS goes on with the certificate it has`);
  };

  warn();
  return {
    tls: () => current,
    onRenewed(listener) {
      serve = listener;
    },
    endsAt: () => life.endsAt,
    warnings: () => [endOf() ?? [], trouble !== null && isSaid ? 'https-certificate-kept' : []].flat(),
    async look(asked = false) {
      try {
        take(await read());
      } catch (error) {
        keep(error, asked);
      }
      warn();
    },
  };
}

const WORDS = {
  'https-certificate-expired':
    'the HTTPS certificate has expired: browsers refuse it; put a new one into its files',
  'https-certificate-early': 'the HTTPS certificate is not valid yet: is the clock of this machine right?',
  'https-certificate-ending': 'the HTTPS certificate ends soon: put a new one into its files',
};

const iso = (at: number) => new Date(at).toISOString();
