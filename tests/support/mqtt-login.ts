/** What MQTT.js connects to the gateway with, as a given terminal. */
import type { IClientOptions } from 'mqtt';
import { GATEWAY_NAME } from '../../protocol/identity.ts';
import type { TerminalLogin } from './gateway.ts';

export function mqttLogin({ id, identity }: Pick<TerminalLogin, 'id' | 'identity'>): IClientOptions {
  const { key, certificate: cert, authority: ca } = identity;
  return { clientId: id, username: id, key, cert, ca, servername: GATEWAY_NAME, reconnectPeriod: 0 };
}
