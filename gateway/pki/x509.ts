/** The library for certificates, with what it needs loaded before it. The only file that imports it. */
import 'reflect-metadata';
import { createHash, createPrivateKey, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto);

export { x509 };

type Key = webcrypto.CryptoKey;
export type KeyPair = { publicKey: Key; privateKey: Key };

/** NIST P-256 (FIPS 186-5): small, fast, and in every TLS stack a board may bring. */
export const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

export async function generateKeyPair(): Promise<KeyPair> {
  return (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as KeyPair;
}

/** PKCS #8, PEM. */
export async function exportPrivateKey(key: Key): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    .export({ format: 'pem', type: 'pkcs8' })
    .toString();
}

export async function importPrivateKey(pem: string): Promise<Key> {
  const der = createPrivateKey(pem).export({ format: 'der', type: 'pkcs8' });
  return webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
}

/** SHA-256 of the SubjectPublicKeyInfo, DER. */
export function hashPublicKey({ rawData }: { rawData: ArrayBuffer }): Buffer {
  return createHash('sha256').update(Buffer.from(rawData)).digest();
}
