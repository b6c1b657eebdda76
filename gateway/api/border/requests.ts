/** What makes a request one that two readers could read in two ways: it is refused before anything is looked up. */
import type { IncomingMessage } from 'node:http';
import { Refusal } from './errors.ts';

/** Node takes the first of several; a proxy may have taken the last (RFC 9112, 3.2: more than one Host is a bad request). */
const SINGLE = ['host', 'authorization', 'content-type', 'origin'];
/** RFC 3986, 3.2.2 and 3.2.3, as far as names and addresses go. */
const HOST = /^([A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])?(:\d{0,5})?$/;

/** What comes in is not unpacked: a kilobyte could become a gigabyte. (The body of a GET is not even read.) */
const AS_IT_IS = /^\s*(identity)?\s*$/i;

/** @throws Refusal `request-invalid`. */
export function requireClear({
  method,
  rawHeaders,
  headers,
}: Pick<IncomingMessage, 'method' | 'rawHeaders' | 'headers'>): void {
  if (method !== 'GET' && method !== 'HEAD' && !AS_IT_IS.test(headers['content-encoding'] ?? ''))
    throw new Refusal(415, 'request-invalid', 'send the body as it is, without a content-encoding');
  const seen = new Set<string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] as string).toLowerCase();
    if (!SINGLE.includes(name)) continue;
    if (seen.has(name)) throw new Refusal(400, 'request-invalid', `send one ${name} header, not several`);
    seen.add(name);
  }
  if (headers.host !== undefined && !HOST.test(headers.host))
    throw new Refusal(400, 'request-invalid', 'the Host header is no name or address with a port');
}
