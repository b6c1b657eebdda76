/** Looking at certificates, with what Node.js brings. */
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { FINGERPRINT_BYTES, toBase32 } from '../../protocol/enrolment-code.ts';

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
