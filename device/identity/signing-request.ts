/**
 * Making keys and signing requests, with the library for it. It takes a small board seconds to load, and is needed once or twice
 * a year: whoever needs it imports it then.
 */
import 'reflect-metadata';
import { createPrivateKey, webcrypto } from 'node:crypto';
import { cryptoProvider, Pkcs10CertificateRequestGenerator } from '@peculiar/x509';

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
