/**
 * The gateway's own certificate authority: one key in the data folder that signs the gateway's certificates and those of its
 * terminals, and nobody else's.
 *
 * What terminals check is good at any time, from 1970 on and without an end: a board without a clock wakes up in 1970, one
 * with a dead battery in 2099, and either must be able to check its gateway without a check left out. An end would stop nobody:
 * whoever can read the gateway's key can read the authority's beside it. The certificates of terminals do end.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { FINGERPRINT_BYTES, toBase32 } from '../../protocol/enrolment-code.ts';
import { HostFault } from '../../protocol/process/fault.ts';
import { createOnce, readIfThere, replaceFile } from '../../protocol/process/whole-file.ts';
import { readSigningRequest } from './signing-request.ts';
import {
  ALGORITHM,
  exportPrivateKey,
  generateKeyPair,
  hashPublicKey,
  importPrivateKey,
  type KeyPair,
  x509,
} from './x509.ts';

export const DAY_MS = 86_400_000;
const EPOCH = new Date(0);
/** "No well-defined expiration date" (RFC 5280, 4.1.2.5). */
const NEVER = new Date('9999-12-31T23:59:59Z');
/** For browsers, which take none that is good for longer (CA/Browser Forum, Baseline Requirements, 6.3.2). */
const HTTPS_DAYS = 397;
const HTTPS_MARGIN_DAYS = 60;
/** A clock that is set right after a certificate was made must not put it into the future. */
const CLOCK_MARGIN_DAYS = 1;

export type IssuedCertificate = {
  pem: string;
  /** Hexadecimal, upper case, as Node and OpenSSL show it. */
  serial: string;
  expiresAt: number;
  /** SHA-256 of the public key, hexadecimal. */
  publicKey: string;
};

/** PEM: a private key, and its certificate with the authority's behind it. */
export type ServerCredentials = { key: string; cert: string };

export type Authority = {
  /** PEM; for everyone to see. */
  readonly certificate: string;
  /** What enrolment codes carry. */
  readonly fingerprint: string;
  /** @throws SigningRefusal for a request that is none, or of another kind of key. */
  issueTerminal(terminalId: string, csr: string, days: number): Promise<IssuedCertificate>;
  /** What terminals are shown, for these host names and addresses; made anew when they change. */
  serverCredentials(hosts: readonly string[]): Promise<ServerCredentials>;
  /** What browsers are shown; made anew when its end comes near, or when it lacks one of these. */
  httpsCredentials(hosts: readonly string[]): Promise<ServerCredentials>;
};

const AUTHORITY_FILE = 'authority.pem';

export type AuthorityOptions = { folder: string; now: () => number };

/**
 * Opens the authority in `folder`, or makes it there. Several processes may do so at once: all get the same one.
 * @throws HostFault `authority-damaged`
 */
export async function openAuthority({ folder, now }: AuthorityOptions): Promise<Authority> {
  const path = join(folder, AUTHORITY_FILE);
  const stored = readIfThere(path) ?? createOnce(path, await makeAuthority());
  const { root, certificate, fingerprint } = openCertificate(stored, path);
  const signingKey = await importPrivateKey(stored).catch((error: unknown) => {
    throw damaged(path, error);
  });

  type Subject = {
    name: string;
    publicKey: KeyPair['publicKey'] | x509PublicKey;
    notBefore: Date;
    notAfter: Date;
    extensions: InstanceType<typeof x509.Extension>[];
  };
  const issue = async ({ extensions, ...subject }: Subject) => {
    // 127 random bits and never negative (RFC 5280, 4.1.2.2).
    const serialBytes = randomBytes(16);
    serialBytes[0] = ((serialBytes[0] as number) & 0x7f) | 0x40;
    const { name, publicKey, notBefore, notAfter } = subject;
    const issued = await x509.X509CertificateGenerator.create({
      serialNumber: serialBytes.toString('hex'),
      subject: `CN=${name}`,
      issuer: root.subjectName,
      notBefore,
      notAfter,
      signingKey,
      publicKey,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        ...extensions,
      ],
    });
    return { issued, serial: serialBytes.toString('hex').toUpperCase(), expiresAt: notAfter.getTime() };
  };

  const daysFromNow = (days: number) => new Date(Math.floor((now() + days * DAY_MS) / 1_000) * 1_000);

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
    if (held !== null && isGood(held, now()) && fits(namesIn(held))) return credentialsOf(held, certificate);
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
    certificate,
    fingerprint,
    async issueTerminal(terminalId, csr, days) {
      const publicKey = await readSigningRequest(csr);
      const { issued, serial, expiresAt } = await issue({
        name: terminalId,
        publicKey,
        notBefore: EPOCH,
        notAfter: daysFromNow(days),
        extensions: [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])],
      });
      return {
        pem: issued.toString('pem'),
        serial,
        expiresAt,
        publicKey: hashPublicKey(publicKey).toString('hex'),
      };
    },
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
        life: () => ({ notBefore: daysFromNow(-CLOCK_MARGIN_DAYS), notAfter: daysFromNow(HTTPS_DAYS - 1) }),
      }),
  };
}

/** What everyone may see of the authority in `folder`; null when there is none. Makes none. */
export function readAuthority(folder: string): Pick<Authority, 'certificate' | 'fingerprint'> | null {
  const path = join(folder, AUTHORITY_FILE);
  const stored = readIfThere(path);
  if (stored === null) return null;
  const { certificate, fingerprint } = openCertificate(stored, path);
  return { certificate, fingerprint };
}

function openCertificate(stored: string, path: string) {
  try {
    const root = new x509.X509Certificate(blocksOf(stored, 'CERTIFICATE')[0] ?? '');
    return {
      root,
      certificate: root.toString('pem'),
      fingerprint: toBase32(hashPublicKey(root.publicKey).subarray(0, FINGERPRINT_BYTES)),
    };
  } catch (error) {
    throw damaged(path, error);
  }
}

/** No new one is made in its place: every terminal would have to be enrolled anew. */
function damaged(path: string, cause: unknown): HostFault {
  return new HostFault(
    'authority-damaged',
    `${path} is not the key of the certificate authority with its certificate: put the one of a backup back`,
    { cause },
  );
}

type x509PublicKey = InstanceType<typeof x509.PublicKey>;

async function makeAuthority(): Promise<string> {
  const keys = await generateKeyPair();
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: `40${randomBytes(15).toString('hex')}`,
    name: `CN=Manyi ${randomBytes(4).toString('hex')}`,
    notBefore: EPOCH,
    notAfter: NEVER,
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      // It signs terminals and gateways, and no further authority.
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return `${await exportPrivateKey(keys.privateKey)}${root.toString('pem')}\n`;
}

function isGood(held: string, nowMs: number): boolean {
  const { notBefore, notAfter } = leafOf(held);
  // One that was made while the clock was ahead would be good only later.
  return notBefore.getTime() <= nowMs && notAfter.getTime() - nowMs > HTTPS_MARGIN_DAYS * DAY_MS;
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

function blocksOf(pem: string, label: string): string[] {
  return pem.match(new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----`, 'g')) ?? [];
}

function isAddress(host: string): boolean {
  return /^[\d.]+$/.test(host) || host.includes(':');
}
