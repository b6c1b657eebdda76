/** Certificates for a measurement: an authority of the product's kind, and one key for all terminals. */
import { type IssuedCertificate, openAuthority } from '../../gateway/pki/authority.ts';
import { ALGORITHM, exportPrivateKey, generateKeyPair, x509 } from '../../gateway/pki/x509.ts';
import { pkiIn } from '../../gateway/store/data-folder.ts';
import { createKeyFolder } from '../../gateway/store/key-folder.ts';
import { GATEWAY_NAME } from '../../protocol/identity.ts';
import type { Login } from './sign-in.ts';

const CERTIFICATE_DAYS = 30;

/** PEM. */
export type ServerIdentity = { key: string; cert: string; ca: string };

export type Issuer = {
  terminal(id: string): Promise<{ login: Required<Login>; certificate: IssuedCertificate }>;
  server(): Promise<ServerIdentity>;
};

/** @param dataDir where the authority is, or is made. */
export async function createIssuer(dataDir: string): Promise<Issuer> {
  const authority = await openAuthority({
    keys: createKeyFolder(dataDir),
    folder: pkiIn(dataDir),
    now: Date.now,
  });
  // Making thousands of keys is not what is measured.
  const keys = await generateKeyPair();
  const request = await x509.Pkcs10CertificateRequestGenerator.create({ keys, signingAlgorithm: ALGORITHM });
  const csr = request.toString('pem');
  const key = await exportPrivateKey(keys.privateKey);
  const ca = authority.certificate;
  return {
    async terminal(id) {
      const certificate = await authority.issueTerminal(id, csr, CERTIFICATE_DAYS);
      return { login: { id, key, cert: certificate.pem, ca }, certificate };
    },
    server: async () => ({ ...(await authority.serverCredentials([GATEWAY_NAME, '127.0.0.1'])), ca }),
  };
}
