/**
 * The installation's own certificate authority: one key that signs the certificates of gateways and those of their terminals,
 * and nobody else's.
 *
 * What terminals check is good at any time, from 1970 on and without an end: a board without a clock wakes up in 1970, one
 * with a dead battery in 2099, and either must be able to check its gateway without a check left out. An end would stop nobody:
 * whoever can read a gateway's key can have the authority's, too. The certificates of terminals do end.
 */
import { randomBytes } from 'node:crypto';
import { FINGERPRINT_BYTES, toBase32 } from '../../protocol/enrolment-code.ts';
import { HostFault } from '../../protocol/process/fault.ts';
import type { KeyStore } from '../store/keys.ts';
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

export type AuthorityOptions = {
  keys: KeyStore;
  /** Of this gateway alone: the certificates that it shows. */
  folder: string;
  now: () => number;
};

/**
 * Opens the authority, or makes it. Several processes may do so at once: all get the same one.
 * @throws HostFault `authority-damaged`, and what the store of the keys throws
 */
export async function openAuthority({ keys, folder, now }: AuthorityOptions): Promise<Authority> {
  const stored = (await keys.read('authority')) ?? (await keys.putOnce('authority', await makeAuthority()));
  const { root, certificate, fingerprint } = openCertificate(stored, keys);
  const signingKey = await importPrivateKey(stored.toString()).catch((error: unknown) => {
    throw damaged(keys, error);
  });
  const issue = createIssue({ root, signingKey });

  return {
    ...createServerCertificates({ folder, now, issue, root }),
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

/** What everyone may see of the authority; null when there is none. Makes none. */
export async function readAuthority(
  keys: Pick<KeyStore, 'read' | 'place'>,
): Promise<Pick<Authority, 'certificate' | 'fingerprint'> | null> {
  const stored = await keys.read('authority');
  if (stored === null) return null;
  const { certificate, fingerprint } = openCertificate(stored, keys);
  return { certificate, fingerprint };
}

function openCertificate(stored: Buffer, keys: Pick<KeyStore, 'place'>) {
  try {
    const root = new x509.X509Certificate(blocksOf(stored.toString(), 'CERTIFICATE')[0] ?? '');
    return {
      root,
      certificate: root.toString('pem'),
      fingerprint: toBase32(hashPublicKey(root.publicKey).subarray(0, FINGERPRINT_BYTES)),
    };
  } catch (error) {
    throw damaged(keys, error);
  }
}

/** No new one is made in its place: every terminal would have to be enrolled anew. */
function damaged({ place }: Pick<KeyStore, 'place'>, cause: unknown): HostFault {
  return new HostFault(
    'authority-damaged',
    `${place('authority')} is not the key of the certificate authority with its certificate: put the one of a backup back`,
    { cause },
  );
}

async function makeAuthority(): Promise<Buffer> {
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
  return Buffer.from(`${await exportPrivateKey(keys.privateKey)}${root.toString('pem')}\n`);
}
