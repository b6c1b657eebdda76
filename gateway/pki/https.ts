/** What HTTPS is served with: a chain and its key, looked at before anybody is served with them. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { HostFault, tellFault } from '../../protocol/process/fault.ts';
import { TLS_RULES } from '../../protocol/tls.ts';

/** PEM: the certificate with those above it, and its key. */
export type Tls = { key: string; cert: string };
export type HttpsFiles = { certFile: string; keyFile: string };

const CERTIFICATES = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
/** PKCS #8, or the older form of OpenSSL (RFC 1421, 4.6.1.1). */
const ENCRYPTED = /BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/;

/** @throws HostFault `https-file-unreadable`, or as `checkTls`. */
export function readTls({ certFile, keyFile }: HttpsFiles): Tls {
  const tls = { cert: readPem('MANYI_HTTPS_CERT', certFile), key: readPem('MANYI_HTTPS_KEY', keyFile) };
  checkTls(tls, { certFile, keyFile });
  return tls;
}

function readPem(setting: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new HostFault('https-file-unreadable', `${setting}: ${tellFault(error).message}`, { cause: error });
  }
}

/**
 * @throws HostFault `https-certificate-invalid`, `https-key-invalid`, `https-key-encrypted`, `https-key-foreign`; also for files of
 * which one half is written.
 */
export function checkTls({ cert, key }: Tls, { certFile, keyFile }: HttpsFiles): void {
  const fault = (code: string, message: string, cause?: unknown) => new HostFault(code, message, { cause });
  let chain: X509Certificate[];
  try {
    chain = (cert.match(CERTIFICATES) ?? []).map((pem) => new X509Certificate(pem));
  } catch (error) {
    throw fault(
      'https-certificate-invalid',
      `${certFile} holds a certificate that cannot be read (PEM)`,
      error,
    );
  }
  const [own] = chain;
  if (own === undefined) throw fault('https-certificate-invalid', `${certFile} holds no certificate (PEM)`);
  if (ENCRYPTED.test(key))
    throw fault(
      'https-key-encrypted',
      `the key in ${keyFile} has a password, which nobody could enter at a start: take it away (openssl pkey -in OLD -out NEW)`,
    );
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey(key);
  } catch (error) {
    throw fault('https-key-invalid', `${keyFile} holds no private key (PEM)`, error);
  }
  if (!own.checkPrivateKey(privateKey))
    throw fault(
      'https-key-foreign',
      chain.some((one) => one.checkPrivateKey(privateKey))
        ? `the certificate of the key in ${keyFile} must be the first in ${certFile}, with those above it behind it`
        : `the key in ${keyFile} is not that of the certificate in ${certFile}`,
    );
  try {
    createSecureContext({ ...TLS_RULES, cert, key });
  } catch (error) {
    throw fault(
      'https-certificate-invalid',
      `${certFile} and ${keyFile} cannot be served: ${(error as Error).message}`,
      error,
    );
  }
}

/** When the first of the chain to end does: from then on no browser goes on. */
export function lifeOf({ cert }: Tls): { beginsAt: number; endsAt: number } {
  const chain = (cert.match(CERTIFICATES) ?? []).map((pem) => new X509Certificate(pem));
  return {
    beginsAt: Math.max(...chain.map(({ validFrom }) => Date.parse(validFrom))),
    endsAt: Math.min(...chain.map(({ validTo }) => Date.parse(validTo))),
  };
}
