/** What the authority signs, whoever it is for. */
import { randomBytes } from 'node:crypto';
import { ALGORITHM, type KeyPair, x509 } from './x509.ts';

export type Subject = {
  name: string;
  publicKey: KeyPair['publicKey'] | InstanceType<typeof x509.PublicKey>;
  notBefore: Date;
  notAfter: Date;
  extensions: InstanceType<typeof x509.Extension>[];
};

export type Issue = (
  subject: Subject,
) => Promise<{ issued: InstanceType<typeof x509.X509Certificate>; serial: string; expiresAt: number }>;

export type Signer = { root: InstanceType<typeof x509.X509Certificate>; signingKey: KeyPair['privateKey'] };

export const createIssue =
  ({ root, signingKey }: Signer): Issue =>
  async ({ extensions, ...subject }) => {
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
