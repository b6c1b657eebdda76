import type { CertificateRefusal } from './broker.ts';
import type { ProxyHeaderRefusal } from './proxy-header.ts';

type TrustRefusal =
  | CertificateRefusal
  | 'certificate-withdrawn'
  | ProxyHeaderRefusal
  | 'proxy-header-unexpected';
/** Somebody is not whom they say, or is set up wrongly: an operator wants to know of it at once. */
const WORTH_A_LOOK: Readonly<Record<TrustRefusal, true>> = {
  'certificate-untrusted': true,
  'certificate-foreign': true,
  'certificate-revoked': true,
  'certificate-withdrawn': true,
  'proxy-header-invalid': true,
  'proxy-header-missing': true,
  'proxy-header-unexpected': true,
};

export function isWorthALook(reason: string): boolean {
  return Object.hasOwn(WORTH_A_LOOK, reason);
}

/** aedes says what was wrong in sentences; here they become a few fixed codes, so that a counter has bounded labels. */
export function reasonOf(error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  // The gateway's own codes (a Drop, a failure of the storage) are in lower case, those of Node in upper case.
  if (/^[a-z-]+$/.test(code)) return code;
  const message = error.message.toLowerCase();
  if (message.includes('unacceptable protocol')) return 'protocol-version';
  if (message.includes('connect did not arrive')) return 'connect-timeout';
  if (message.includes('drain')) return 'receiver-frozen';
  if (message.includes('topic') || /^[#+] is (not|only) allowed/.test(message)) return 'topic-malformed';
  if (code === 'ECONNRESET') return 'connection-reset';
  if ('returnCode' in error || 'errorCode' in error) return 'connect-refused';
  return 'packet-malformed';
}
