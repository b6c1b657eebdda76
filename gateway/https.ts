/** What HTTPS is served with. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Config, ConfigError } from './config.ts';

/** PEM. */
export type Tls = { key: string; cert: string };

/** @returns null for HTTP without TLS. @throws ConfigError for files that are no certificate and its key. */
export function readTls({ httpsCert, httpsKey }: Config): Tls | null {
  return httpsCert !== null && httpsKey !== null ? readFiles(httpsCert, httpsKey) : null;
}

function readFiles(certFile: string, keyFile: string): Tls {
  const [cert, key] = [readPem('MANYI_HTTPS_CERT', certFile), readPem('MANYI_HTTPS_KEY', keyFile)];
  let fits: boolean;
  try {
    fits = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    throw new ConfigError(
      `https-files-invalid: ${certFile} must hold a certificate and ${keyFile} a private key without a password, both in PEM`,
    );
  }
  if (!fits)
    throw new ConfigError(
      `https-files-foreign: the key in ${keyFile} is not that of the certificate in ${certFile}`,
    );
  return { key, cert };
}

function readPem(setting: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(
      `https-file-unreadable: ${setting}=${file}: ${(error as NodeJS.ErrnoException).code}`,
    );
  }
}
