/** The certificates that a gateway shows, with their keys: in its own data folder, for its own names. */
import { join } from 'node:path';
import { readIfThere, replaceFile } from '../../protocol/process/whole-file.ts';
import type { Issue } from './issuing.ts';
import { DAY_MS, daysAfter, EPOCH, NEVER } from './lives.ts';
import { blocksOf } from './pem.ts';
import { exportPrivateKey, generateKeyPair, x509 } from './x509.ts';

/** For browsers, which take none that is good for longer (CA/Browser Forum, Baseline Requirements, 6.3.2). */
const HTTPS_DAYS = 397;
const HTTPS_MARGIN_DAYS = 60;
/** A clock that is set right after a certificate was made must not put it into the future. */
const CLOCK_MARGIN_DAYS = 1;

/** PEM: a private key, and its certificate with the authority's behind it. */
export type ServerCredentials = { key: string; cert: string };

export type ServerCertificates = {
  /** What terminals are shown, for these host names and addresses; made anew when they change. */
  serverCredentials(hosts: readonly string[]): Promise<ServerCredentials>;
  /** What browsers are shown; made anew when its end comes near, or when it lacks one of these. */
  httpsCredentials(hosts: readonly string[]): Promise<ServerCredentials>;
};

export type ServerCertificatesDeps = {
  folder: string;
  now: () => number;
  issue: Issue;
  /** The authority's certificate. */
  root: InstanceType<typeof x509.X509Certificate>;
};

export function createServerCertificates(deps: ServerCertificatesDeps): ServerCertificates {
  const { folder, now, issue, root } = deps;
  const certificate = root.toString('pem');
  type Server = {
    file: string;
    hosts: readonly string[];
    /** Will do what is there, with these names? */
    fits: (names: string[]) => boolean;
    life: () => { notBefore: Date; notAfter: Date };
  };
  const server = async ({ file, hosts, fits, life }: Server): Promise<ServerCredentials> => {
    const serverPath = join(folder, file);
    const held = readIfThere(serverPath);
    if (held !== null && isGood(held, now()) && fits(namesIn(held)) && (await isSigned(held, root)))
      return credentialsOf(held, certificate);
    const keys = await generateKeyPair();
    const { issued } = await issue({
      name: hosts[0] as string,
      publicKey: keys.publicKey,
      ...life(),
      extensions: [
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(
          hosts.map((value) => ({ type: isAddress(value) ? 'ip' : 'dns', value }) as const),
        ),
      ],
    });
    const made = (await exportPrivateKey(keys.privateKey)) + issued.toString('pem');
    replaceFile(serverPath, made);
    return credentialsOf(made, certificate);
  };

  return {
    serverCredentials: (hosts) =>
      server({
        file: 'server.pem',
        hosts,
        fits: (names) => names.join() === hosts.join(),
        life: () => ({ notBefore: EPOCH, notAfter: NEVER }),
      }),
    httpsCredentials: (hosts) =>
      server({
        file: 'https.pem',
        hosts,
        // An address that has gone does no harm.
        fits: (names) => hosts.every((host) => names.includes(host)),
        life: () => ({
          notBefore: daysAfter(now(), -CLOCK_MARGIN_DAYS),
          notAfter: daysAfter(now(), HTTPS_DAYS - 1),
        }),
      }),
  };
}

function isGood(held: string, nowMs: number): boolean {
  const { notBefore, notAfter } = leafOf(held);
  // One that was made while the clock was ahead would be good only later.
  return notBefore.getTime() <= nowMs && notAfter.getTime() - nowMs > HTTPS_MARGIN_DAYS * DAY_MS;
}

/** By this authority, and not by one that the folder had before. */
function isSigned(held: string, root: ServerCertificatesDeps['root']): Promise<boolean> {
  return leafOf(held).verify({ publicKey: root.publicKey, signatureOnly: true });
}

function namesIn(held: string): string[] {
  const names = leafOf(held).getExtension(x509.SubjectAlternativeNameExtension)?.names.toJSON() ?? [];
  return names.map(({ value }) => value);
}

const leafOf = (held: string) => new x509.X509Certificate(blocksOf(held, 'CERTIFICATE')[0] ?? '');

function credentialsOf(held: string, authority: string): ServerCredentials {
  const [key = ''] = blocksOf(held, 'PRIVATE KEY');
  const [cert = ''] = blocksOf(held, 'CERTIFICATE');
  return { key: `${key}\n`, cert: `${cert}\n${authority}\n` };
}

function isAddress(host: string): boolean {
  return /^[\d.]+$/.test(host) || host.includes(':');
}
