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
import { createOnce, readIfThere } from '../../protocol/process/whole-file.ts';
import { createIssue } from './issuing.ts';
import { daysAfter, EPOCH, NEVER } from './lives.ts';
import { blocksOf } from './pem.ts';
import { createServerCertificates, type ServerCertificates } from './server-certificates.ts';
import { readSigningRequest } from './signing-request.ts';
import {
  ALGORITHM,
  exportPrivateKey,
  generateKeyPair,
  hashPublicKey,
  importPrivateKey,
  x509,
} from './x509.ts';

export type IssuedCertificate = {
  pem: string;
  /** Hexadecimal, upper case, as Node and OpenSSL show it. */
  serial: string;
  expiresAt: number;
  /** SHA-256 of the public key, hexadecimal. */
  publicKey: string;
};

export type Authority = ServerCertificates & {
  /** PEM; for everyone to see. */
  readonly certificate: string;
  /** What enrolment codes carry. */
  readonly fingerprint: string;
  /** @throws SigningRefusal for a request that is none, or of another kind of key. */
  issueTerminal(terminalId: string, csr: string, days: number): Promise<IssuedCertificate>;
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

  const issue = createIssue({ root, signingKey });

  return {
    ...createServerCertificates({ folder, now, issue, certificate }),
    certificate,
    fingerprint,
    async issueTerminal(terminalId, csr, days) {
      const publicKey = await readSigningRequest(csr);
      const { issued, serial, expiresAt } = await issue({
        name: terminalId,
        publicKey,
        notBefore: EPOCH,
        notAfter: daysAfter(now(), days),
        extensions: [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])],
      });
      return {
        pem: issued.toString('pem'),
        serial,
        expiresAt,
        publicKey: hashPublicKey(publicKey).toString('hex'),
      };
    },
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
