/**
 * Answers are compressed for whoever can read them so (RFC 9110, 12.5.3 and 8.4): what somebody reads, above a threshold.
 *
 * What may be guessed from the length of a compressed answer (BREACH) is a secret that shares it with text of the one who
 * guesses. So answers to what changes something, which carry new tokens, codes and passwords, are never compressed, nor are
 * refusals, which repeat what was asked for; and what is read (lists, scores, exports, pages) holds no secret, and nothing
 * of the address that it was asked by.
 */
import { pipeline, type Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { Compressor, Encoding } from '../../compress/compressor.ts';

/** Below it, a packet more or less: not worth the work. */
const MIN_BYTES = 2_048;
const COMPRESSIBLE =
  /^(application\/(json|javascript|openapi\+json)|text\/(html|css|csv|plain|javascript)|image\/svg\+xml)\b/;

export function registerCompression(app: FastifyInstance, compressor: Compressor): void {
  app.addHook('onSend', async (request, reply, payload: unknown) => {
    const type = String(reply.getHeader('content-type') ?? '');
    if (!COMPRESSIBLE.test(type)) return payload;
    vary(reply.getHeader('vary'), (value) => reply.header('vary', value));
    const isRead = request.method === 'GET' && reply.statusCode === 200;
    if (!isRead || reply.hasHeader('content-encoding')) return payload;
    const encoding = chooseEncoding(request.headers['accept-encoding']);
    if (encoding === null) return payload;
    if (typeof payload === 'string' || Buffer.isBuffer(payload)) {
      const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
      const packed = bytes.length < MIN_BYTES ? null : await compressor.pack(bytes, encoding);
      if (packed === null) return payload;
      reply.header('content-encoding', encoding).header('content-length', packed.length);
      return packed;
    }
    const length = Number(reply.getHeader('content-length') ?? Number.POSITIVE_INFINITY);
    if (!isReadable(payload) || length < MIN_BYTES) return payload;
    const packing = compressor.stream(encoding);
    if (packing === null) return payload;
    reply.header('content-encoding', encoding).removeHeader('content-length').removeHeader('accept-ranges');
    // Whichever of them ends early ends the other.
    return pipeline(payload, packing, () => {});
  });
}

/** Caches keep what was compressed apart from what was not. */
function vary(given: number | string | string[] | undefined, set: (value: string) => void): void {
  const names = [given ?? []].flat().join(', ');
  if (!/\baccept-encoding\b/i.test(names))
    set(names === '' ? 'accept-encoding' : `${names}, accept-encoding`);
}

function isReadable(payload: unknown): payload is Readable {
  return typeof (payload as { pipe?: unknown } | null)?.pipe === 'function';
}

/** Brotli before gzip, unless a weight says otherwise. @returns null for as it is. */
export function chooseEncoding(accepted: string | undefined): Encoding | null {
  const weights = new Map<string, number>();
  for (const part of (accepted ?? '').toLowerCase().split(',').slice(0, 20)) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim());
    const weight = parameters.find((text) => text.startsWith('q='))?.slice(2);
    weights.set(name, weight === undefined ? 1 : Number(weight) || 0);
  }
  const weightOf = (encoding: Encoding) => weights.get(encoding) ?? weights.get('*') ?? 0;
  const [br, gzip] = [weightOf('br'), weightOf('gzip')];
  if (br === 0 && gzip === 0) return null;
  return br >= gzip ? 'br' : 'gzip';
}
