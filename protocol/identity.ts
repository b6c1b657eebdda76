/** How a terminal gets its certificate: a signing request up, a certificate down, over the MQTT port it uses anyway. */
import { type Static, Type } from 'typebox';
import { EpochMs } from './ids.ts';

/**
 * The name in the gateway's certificate. A terminal asks for it (SNI) and checks it whatever address it connects to, so that a
 * gateway may move to another address without a visit to 6,000 terminals. `.internal` is reserved for private use.
 */
export const GATEWAY_NAME = 'gateway.manyi.internal';

export const MAX_PEM_CHARS = 4_096;
const Pem = Type.String({ minLength: 1, maxLength: MAX_PEM_CHARS });

/**
 * `manyi/v1/{terminal}/csr`, QoS 1, not retained: a PKCS #10 request (RFC 2986) for an ECDSA P-256 key that the terminal has
 * made and keeps. Its subject is ignored: the gateway chooses it.
 */
export const SigningRequest = Type.Object({ csr: Pem }, { additionalProperties: false });
export type SigningRequest = Static<typeof SigningRequest>;

/**
 * The return codes of a CONNACK (MQTT 3.1.1, 3.2.2.3) for a connection with a code. Only a code whose secret is right is told from a
 * wrong one; it lets nobody in any more, and cuts nobody off.
 */
export const CODE_REFUSALS: Readonly<Record<number, 'code-used' | 'code-expired' | 'code-wrong'>> = {
  2: 'code-used',
  4: 'code-expired',
  5: 'code-wrong',
};

/**
 * `manyi/v1/{terminal}/certificate`, QoS 1, not retained: the answer. Ask again for a new one after `renewAfter`; the one in use
 * stays valid until the new one has connected. `refused` is a coded reason, e.g. `csr-invalid`.
 */
export const CertificateAnswer = Type.Union([
  Type.Object({ certificate: Pem, authority: Pem, renewAfter: EpochMs }, { additionalProperties: false }),
  Type.Object({ refused: Type.String({ pattern: '^[a-z-]{1,40}$' }) }, { additionalProperties: false }),
]);
export type CertificateAnswer = Static<typeof CertificateAnswer>;
