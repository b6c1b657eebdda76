/** MQTT 3.1.1 packets and connections as bytes, for peers that do with a socket what no library would. */
import { connect as connectPlain, type Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { GATEWAY_NAME } from '../../protocol/identity.ts';
import type { TerminalLogin } from './gateway.ts';

function field(bytes: Buffer | string): Buffer {
  const body = Buffer.from(bytes);
  return Buffer.concat([Buffer.from([body.length >> 8, body.length & 0xff]), body]);
}

function packet(first: number, body: Buffer): Buffer {
  const length: number[] = [];
  for (let left = body.length; ; left >>= 7) {
    length.push((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
    if (left <= 0x7f) return Buffer.concat([Buffer.from([first, ...length]), body]);
  }
}

export type ConnectOptions = {
  userName?: string;
  keepaliveS?: number;
  clean?: boolean;
  /** 4 is MQTT 3.1.1, 5 is MQTT 5. */
  level?: number;
};

/** CONNECT (3.1), by itself with a clean session and a keepalive of a minute; the will, if any, with QoS 1 and retained. */
export function connectPacket(
  { id, password }: { id: string; password?: string },
  will?: { topic: string; payload: string },
  { userName = id, keepaliveS = 60, clean = true, level = 4 }: ConnectOptions = {},
): Buffer {
  const flags = 0x80 | (clean ? 2 : 0) | (will ? 0x2c : 0) | (password === undefined ? 0 : 0x40);
  // MQTT 5 has properties here (3.1.2.11), of which there are none.
  const properties = level === 5 ? [Buffer.from([0])] : [];
  return packet(
    0x10,
    Buffer.concat([
      field('MQTT'),
      Buffer.from([level, flags, keepaliveS >> 8, keepaliveS & 0xff]),
      ...properties,
      field(id),
      ...(will ? [...properties, field(will.topic), field(will.payload)] : []),
      field(userName),
      ...(password === undefined ? [] : [field(password)]),
    ]),
  );
}

export function publishPacket(
  topic: string,
  payload: string,
  qos: 0 | 1 | 2,
  { packetId = 1, retain = false }: { packetId?: number; retain?: boolean } = {},
): Buffer {
  const id = Buffer.from(qos === 0 ? [] : [packetId >> 8, packetId & 0xff]);
  const flags = (qos << 1) | (retain ? 1 : 0);
  return packet(0x30 | flags, Buffer.concat([field(topic), id, Buffer.from(payload)]));
}

/** SUBSCRIBE (3.8) with QoS 1 for each topic. */
export function subscribePacket(topics: readonly string[], packetId = 1): Buffer {
  const filters = topics.flatMap((topic) => [field(topic), Buffer.from([1])]);
  return packet(0x82, Buffer.concat([Buffer.from([packetId >> 8, packetId & 0xff]), ...filters]));
}

export function puback(packetId: number): Buffer {
  return packet(0x40, Buffer.from([packetId >> 8, packetId & 0xff]));
}

/** The third step of QoS 2 (3.6). */
export function pubrel(packetId: number): Buffer {
  return packet(0x62, Buffer.from([packetId >> 8, packetId & 0xff]));
}

/** A TLS connection to the gateway's MQTT port, with the terminal's certificate or with none. @param session of an earlier one */
export function openSocket(
  port: number,
  login: Pick<TerminalLogin, 'identity'> | null = null,
  session?: Buffer,
): TLSSocket {
  const identity = login?.identity;
  return connect({
    port,
    host: '127.0.0.1',
    servername: GATEWAY_NAME,
    ...(session ? { session } : {}),
    ...(identity
      ? { key: identity.key, cert: identity.certificate, ca: identity.authority }
      : // A stranger does not know the authority.
        { rejectUnauthorized: false }),
  }).on('error', () => {});
}

/** A connection whose CONNECT has been answered. Rejects when it ends without an answer. */
export async function signIn(port: number, login: Pick<TerminalLogin, 'id' | 'identity'>): Promise<Socket> {
  const socket = openSocket(port, login);
  socket.write(connectPacket(login));
  await new Promise<void>((resolve, reject) => {
    socket.once('data', () => resolve());
    socket.once('close', () => reject(new Error(`${login.id}: the connection ended before CONNACK`)));
  });
  return socket;
}

/** Without TLS: for HTTP, and for what is no TLS at all. */
export function openPlainSocket(port: number): Socket {
  return connectPlain({ port, host: '127.0.0.1' }).on('error', () => {});
}
