/** A gateway's address with the port of its pages: what comes back says so, in words that only a protocol's author understands. */
import { MQTT_PORT } from '../../protocol/ports.ts';
import { messageOf } from '../errors.ts';

/** An answer in HTTP begins with an H, which as an MQTT packet (3.1.1, 2.2.2) has flags that none may have. */
const HTTP_AS_MQTT = /^Invalid header flag bits/;
/** And as a TLS record it is of no version, or too long. */
const HTTP_AS_TLS = /wrong version number|packet length too long/i;

export const WRONG_PORT = 'gateway-port-wrong';

/** @returns what to do, if this is what is wrong; else null. */
export function wrongPortOf(error: unknown, gatewayUrl: string): string | null {
  if (!HTTP_AS_MQTT.test(messageOf(error)) && !HTTP_AS_TLS.test(messageOf(error))) return null;
  const { hostname, port } = new URL(gatewayUrl);
  return `port ${port || MQTT_PORT} is not the one for terminals (it looks like the web port): set MANYI_GATEWAY=mqtts://${hostname}:${MQTT_PORT}`;
}
