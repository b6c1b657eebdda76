/** The library for certificates, with what it needs loaded before it. The only file that imports it. */
import 'reflect-metadata';
import { createHash, createPrivateKey, webcrypto, X509Certificate } from 'node:crypto';
import { cryptoProvider, Pkcs10CertificateRequestGenerator } from '@peculiar/x509';
import { FINGERPRINT_BYTES, toBase32 } from '../protocol/enrolment-code.ts';

cryptoProvider.set(webcrypto);

/** ECDSA P-256: the one kind of key that gateways sign. */
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A new key (PKCS #8, PEM). */
export async function generateKey(): Promise<string> {
  const pair = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', pair.privateKey));
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return key.export({ format: 'pem', type: 'pkcs8' }).toString();
}

/** A signing request (PKCS #10, PEM) for the key. */
export async function createSigningRequest(terminalId: string, keyPem: string): Promise<string> {
  const { subtle } = webcrypto;
  const key = createPrivateKey(keyPem);
  const privateKey = await subtle.importKey(
    'pkcs8',
    key.export({ format: 'der', type: 'pkcs8' }),
    ALGORITHM,
    false,
    ['sign'],
  );
  const { kty = '', crv = '', x = '', y = '' } = key.export({ format: 'jwk' });
  const publicKey = await subtle.importKey('jwk', { kty, crv, x, y }, ALGORITHM, true, ['verify']);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: `CN=${terminalId}`,
    keys: { privateKey, publicKey },
    signingAlgorithm: ALGORITHM,
  });
  return request.toString('pem');
}

/** What enrolment codes name an authority by. */
export function fingerprintOf(authority: X509Certificate): string {
  const der = authority.publicKey.export({ format: 'der', type: 'spki' });
  return toBase32(createHash('sha256').update(der).digest().subarray(0, FINGERPRINT_BYTES));
}

/** Is this the terminal's certificate, for this key, signed by this authority? Times are not looked at: the gateway does. */
export function isCertificateFor(
  terminalId: string,
  { key, certificate, authority }: { key: string; certificate: string; authority: string },
): boolean {
  try {
    const leaf = new X509Certificate(certificate);
    const root = new X509Certificate(authority);
    return (
      leaf.subject === `CN=${terminalId}` &&
      leaf.checkPrivateKey(createPrivateKey(key)) &&
      leaf.verify(root.publicKey)
    );
  } catch {
    return false;
  }
}
