/**
 * From a technician's code to a certificate. The code names the gateway's authority by its fingerprint: whoever answers is
 * held against it before the secret is said.
 */

import { X509Certificate } from 'node:crypto';
import { connect as connectTls, type DetailedPeerCertificate } from 'node:tls';
import mqtt from 'mqtt';
import type { EnrolmentCode } from '../../protocol/enrolment-code.ts';
import { type CertificateAnswer, CODE_REFUSALS, GATEWAY_NAME } from '../../protocol/identity.ts';
import { MQTT_PORT } from '../../protocol/ports.ts';
import { topicOf } from '../../protocol/topics.ts';
import { codeOf, DeviceError, messageOf } from '../errors.ts';
import { readIncoming } from '../uplink/inbox.ts';
import { WRONG_PORT, wrongPortOf } from '../uplink/wrong-port.ts';
import { fingerprintOf } from './certificates.ts';

const TIMEOUT_MS = 15_000;

/** By what the gateway says, over the CONNACK or in an answer. What is more than "wrong", only whoever holds the secret is told. */
const REFUSALS: ReadonlyMap<string, readonly [code: string, message: string]> = new Map([
  [
    'code-used',
    ['enrolment-code-used', 'this code was used already, by this card or another: ask for a new one'],
  ],
  ['code-expired', ['enrolment-code-expired', 'this code has expired: ask for a new one']],
  [
    'code-wrong',
    [
      'enrolment-code-wrong',
      'the gateway does not know this code: mistyped, replaced by a newer one, or withdrawn with the certificates',
    ],
  ],
]);

/** The code will not do, whenever it is tried again. */
export function isEnrolmentRefusal(code: string): boolean {
  return code.startsWith('enrolment-');
}

export type GoodAnswer = Extract<CertificateAnswer, { certificate: string }>;

/**
 * @param csr a signing request (PEM) for the terminal's own key
 * @throws DeviceError `gateway-unreachable`, `gateway-untrusted` (another gateway, or somebody in between),
 *   `gateway-port-wrong`, and `enrolment-…` (see isEnrolmentRefusal) when the gateway refuses the code
 */
export async function enrol(gatewayUrl: string, code: EnrolmentCode, csr: string): Promise<GoodAnswer> {
  const authority = await fetchAuthority(gatewayUrl, code.authority);
  const answer = await ask(gatewayUrl, code, csr, authority);
  if ('refused' in answer)
    throw new DeviceError(
      ...(REFUSALS.get(answer.refused) ??
        (['enrolment-refused', `the gateway gives no certificate: ${answer.refused}`] as const)),
    );
  // The one that the code names, whatever the answer says.
  return { ...answer, authority };
}

/** The certificate (PEM) with this fingerprint from the chain that the gateway shows. */
function fetchAuthority(gatewayUrl: string, fingerprint: string): Promise<string> {
  const { hostname, port } = new URL(gatewayUrl);
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port || MQTT_PORT),
      servername: GATEWAY_NAME,
      // Nothing is sent over this connection: it is for looking at the certificates, which are then held against the code.
      rejectUnauthorized: false,
      timeout: TIMEOUT_MS,
    });
    const fail = (code: string, message: string) => {
      socket.destroy();
      reject(new DeviceError(code, message));
    };
    socket.once('error', (error) => {
      const wrongPort = wrongPortOf(error, gatewayUrl);
      fail(wrongPort === null ? 'gateway-unreachable' : WRONG_PORT, wrongPort ?? messageOf(error));
    });
    socket.once('timeout', () => fail('gateway-unreachable', 'the gateway does not answer'));
    socket.once('secureConnect', () => {
      const found = chainOf(socket.getPeerCertificate(true)).find(
        (one) => fingerprintOf(one) === fingerprint,
      );
      if (found === undefined)
        fail(
          'gateway-untrusted',
          `${hostname}:${port || MQTT_PORT} is not the gateway that the code was made by; or it is its web port, or the end of the code is mistyped`,
        );
      else {
        socket.destroy();
        resolve(found.toString());
      }
    });
  });
}

function chainOf(leaf: DetailedPeerCertificate): X509Certificate[] {
  const chain: X509Certificate[] = [];
  // A root names itself as its issuer.
  for (let at: DetailedPeerCertificate | undefined = leaf; at?.raw !== undefined && chain.length < 4; ) {
    chain.push(new X509Certificate(at.raw));
    at = at.issuerCertificate === at ? undefined : at.issuerCertificate;
  }
  return chain;
}

function ask(
  gatewayUrl: string,
  code: EnrolmentCode,
  csr: string,
  authority: string,
): Promise<CertificateAnswer> {
  const { terminalId, secret } = code;
  return new Promise((resolve, reject) => {
    const session = mqtt.connect(gatewayUrl, {
      ca: authority,
      servername: GATEWAY_NAME,
      protocolVersion: 4,
      clientId: terminalId,
      username: terminalId,
      password: secret,
      reconnectPeriod: 0,
      connectTimeout: TIMEOUT_MS,
    });
    const timer = setTimeout(
      () => fail('gateway-unreachable', 'the gateway gives no certificate'),
      TIMEOUT_MS,
    );
    const end = () => {
      clearTimeout(timer);
      session.removeAllListeners('close');
      session.on('error', () => {});
      session.end(true);
    };
    const fail = (errorCode: string, message: string) => {
      end();
      reject(new DeviceError(errorCode, message));
    };
    session.once('error', (error) => {
      const refusal = REFUSALS.get(CODE_REFUSALS[Number(codeOf(error))] ?? '');
      const wrongPort = wrongPortOf(error, gatewayUrl);
      if (refusal !== undefined) fail(...refusal);
      else if (wrongPort !== null) fail(WRONG_PORT, wrongPort);
      else fail('gateway-unreachable', messageOf(error));
    });
    session.once('close', () => fail('gateway-unreachable', 'the gateway ended the connection'));
    session.once('connect', () => {
      session.subscribe(topicOf(terminalId, 'certificate'), { qos: 1 }, (error) => {
        if (error) return fail('gateway-unreachable', messageOf(error));
        session.publish(topicOf(terminalId, 'csr'), JSON.stringify({ csr }), { qos: 1 });
      });
    });
    session.once('message', (topic, payload) => {
      const incoming = readIncoming(terminalId, topic, payload);
      if (incoming.kind !== 'certificate')
        return fail('gateway-unreachable', 'the answer of the gateway was not understood');
      end();
      resolve(incoming.answer);
    });
  });
}
