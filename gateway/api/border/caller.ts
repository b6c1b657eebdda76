/**
 * Who is at the other end of a request: the peer itself or, where that is a trusted proxy, whom it speaks for. The headers
 * X-Forwarded-For, -Proto and -Host of anybody else are words of a stranger, and not read. RFC 7239's Forwarded is not read
 * at all: two headers that say the same can disagree, and a proxy that sets the one passes the other on as it came.
 */
import type { IncomingMessage } from 'node:http';
import { readAddress } from './addresses.ts';

export type Caller = {
  /** In one spelling (see readAddress); empty when the peer has gone. */
  address: string;
  /** The caller's own connection is under TLS. */
  secure: boolean;
  /** The host and port that the caller has asked for; undefined when it named none. */
  host: string | undefined;
};
export type CallerOf = (request: IncomingMessage) => Caller;

export type CallerDeps = {
  isTrusted: (address: string) => boolean;
  /** Is TLS ended here? */
  tls: boolean;
  /** A peer that is not trusted speaks for others. */
  untrusted: (peer: string) => void;
};

/** Proxies in a row; whoever claims more has not been passed on by ours. */
const MAX_HOPS = 16;
const HOST = /^([a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(:\d{1,5})?$/i;

export function createCallerOf({ isTrusted, tls, untrusted }: CallerDeps): CallerOf {
  /** The socket of a peer that has gone has no address any more. */
  const known = new WeakMap<IncomingMessage, Caller>();

  const find = ({ headers, socket }: IncomingMessage): Caller => {
    const remote = socket.remoteAddress ?? '';
    const peer = readAddress(remote) ?? remote;
    const own: Caller = { address: peer, secure: tls, host: headers.host };
    const chain = textOf(headers['x-forwarded-for']);
    if (!isTrusted(peer)) {
      if (chain !== null) untrusted(peer);
      return own;
    }
    const scheme = lastOf(headers['x-forwarded-proto'])?.toLowerCase();
    const host = lastOf(headers['x-forwarded-host']);
    return {
      address: chain === null ? peer : furthest(chain, peer, isTrusted),
      secure: scheme === 'https' || (scheme !== 'http' && tls),
      host: host !== null && HOST.test(host) ? host : headers.host,
    };
  };

  return (request) => {
    const caller = known.get(request) ?? find(request);
    known.set(request, caller);
    return caller;
  };
}

/** From the right, each hop was added by the one to its right: the first that is not trusted is the caller. */
function furthest(chain: string, peer: string, isTrusted: (address: string) => boolean): string {
  let address = peer;
  for (const entry of chain.split(',').slice(-MAX_HOPS).reverse()) {
    const hop = readHop(entry.trim());
    if (hop === null) return address;
    address = hop;
    if (!isTrusted(hop)) return hop;
  }
  return address;
}

/** An address, in some proxies' spelling with a port: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function readHop(entry: string): string | null {
  const bracketed = /^\[([^\]]{2,60})\](?::\d{1,5})?$/.exec(entry);
  if (bracketed) return bracketed[1]?.includes(':') ? readAddress(bracketed[1]) : null;
  return readAddress(entry.replace(/^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/, '$1'));
}

/** Node joins a header that came more than once with commas, in the order in which they came. */
const textOf = (value: string | string[] | undefined): string | null =>
  Array.isArray(value) ? value.join(',') : (value ?? null);

/** What the nearest proxy has said: those before it may be anybody's. */
const lastOf = (value: string | string[] | undefined): string | null =>
  textOf(value)?.split(',').at(-1)?.trim() ?? null;
