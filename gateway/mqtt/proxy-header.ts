/**
 * The PROXY protocol, version 2 (haproxy.org, proxy-protocol.txt, section 2.2): what a TCP balancer says about a connection
 * that it passes on, before the first byte of it. Version 1, a line of text, is not taken: whoever sends the one can send the
 * other. Only from trusted proxies, and then required: a receiver must not guess (section 2).
 */
import type { Socket } from 'node:net';

export const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const FIXED_BYTES = 16;
/** Addresses and extensions (TLVs). The longest that is known of, with a TLS client's name, is a tenth of it. */
const MAX_REST_BYTES = 4_096;
/** A balancer says it with the first packet (section 2: at least 3 s). */
const PATIENCE_MS = 10_000;
const COMMANDS = { local: 0, proxy: 1 };
/** TCP over IPv4 and IPv6; of all else, what is said about addresses is left unread. */
const FAMILIES: Record<number, { bytes: number; read: (bytes: Buffer) => string }> = {
  17: { bytes: 12, read: (bytes) => [...bytes.subarray(0, 4)].join('.') },
  33: { bytes: 36, read: (bytes) => readIpv6(bytes.subarray(0, 16)) },
};

/** `source` is null where the proxy speaks for itself (LOCAL: a health check), or of no TCP connection. */
export type ProxyHeader = { bytes: number; source: string | null };

/** @returns null when more bytes are needed, `invalid` as soon as no more can help. */
export function parseProxyHeader(bytes: Buffer): ProxyHeader | 'invalid' | null {
  const begun = Math.min(bytes.length, SIGNATURE.length);
  if (!bytes.subarray(0, begun).equals(SIGNATURE.subarray(0, begun))) return 'invalid';
  if (bytes.length < FIXED_BYTES) return null;
  const [version, command] = [bytes.readUInt8(12) >> 4, bytes.readUInt8(12) & 15];
  const rest = bytes.readUInt16BE(14);
  if (version !== 2 || (command !== COMMANDS.local && command !== COMMANDS.proxy)) return 'invalid';
  if (rest > MAX_REST_BYTES) return 'invalid';
  const family = command === COMMANDS.proxy ? FAMILIES[bytes.readUInt8(13)] : undefined;
  if (family && rest < family.bytes) return 'invalid';
  const end = FIXED_BYTES + rest;
  if (bytes.length < end) return null;
  return { bytes: end, source: family?.read(bytes.subarray(FIXED_BYTES, end)) ?? null };
}

export type ProxyHeaderRefusal = 'proxy-header-invalid' | 'proxy-header-missing';

export type ProxyHeaderEvents = {
  /** The header has been taken off the stream. */
  taken(source: string | null): void;
  /** The socket is cut. */
  refused(reason: ProxyHeaderRefusal): void;
};

/** Reads the header off a socket that nobody else reads yet; the socket is paused then. */
export function takeProxyHeader(
  socket: Socket,
  { taken, refused }: ProxyHeaderEvents,
  patienceMs = PATIENCE_MS,
) {
  let read = Buffer.alloc(0);
  const stop = () => {
    clearTimeout(timer);
    socket.off('data', add).off('end', cut).off('close', stop);
  };
  const cut = () => {
    stop();
    socket.destroy();
  };
  const refuse = (reason: ProxyHeaderRefusal) => {
    refused(reason);
    cut();
  };
  const add = (data: Buffer) => {
    read = Buffer.concat([read, data]);
    const header = parseProxyHeader(read);
    if (header === null) return;
    if (header === 'invalid') return refuse('proxy-header-invalid');
    stop();
    socket.pause();
    if (read.length > header.bytes) socket.unshift(read.subarray(header.bytes));
    taken(header.source);
  };
  const timer = setTimeout(() => refuse('proxy-header-missing'), patienceMs);
  // A bare knock (a balancer that looks whether the port is open) ends without a word.
  socket.on('data', add).once('end', cut).once('close', stop);
}

/** An IPv4 address in IPv6 clothes as itself (RFC 4291, 2.5.5.2). */
function readIpv6(bytes: Buffer): string {
  const mapped = bytes.subarray(0, 12).toString('hex') === `${'00'.repeat(10)}ffff`;
  if (mapped) return [...bytes.subarray(12)].join('.');
  const groups = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(at * 2).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
