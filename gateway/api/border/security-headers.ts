/** What browsers are told about every answer (OWASP Secure Headers). */
import type { FastifyInstance } from 'fastify';
import type { CallerOf } from './caller.ts';

/** No inline script, nothing from elsewhere; styles may be set on elements, which charts need. */
export const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/** Of answers that are no page: nothing in them may do anything. */
const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'";
const TWO_YEARS_S = 63_072_000;

export function registerSecurityHeaders(app: FastifyInstance, callerOf: CallerOf): void {
  app.addHook('onSend', async ({ raw }, reply, payload) => {
    const isPage = String(reply.getHeader('content-type') ?? '').startsWith('text/html');
    // A browser takes the headers of "not modified" over to the page it has kept (RFC 9111, 3.2), which has its policy.
    if (reply.statusCode !== 304 && !reply.hasHeader('content-security-policy'))
      reply.header('content-security-policy', isPage ? PAGE_POLICY : DATA_POLICY);
    reply.header('x-content-type-options', 'nosniff');
    reply.header('x-frame-options', 'DENY');
    reply.header('referrer-policy', 'no-referrer');
    reply.header('cross-origin-resource-policy', 'same-origin');
    reply.header('permissions-policy', 'camera=(), geolocation=(), microphone=()');
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
    if (callerOf(raw).secure) {
      reply.header('strict-transport-security', `max-age=${TWO_YEARS_S}`);
      // Browsers take no notice of it, and complain, without TLS.
      reply.header('cross-origin-opener-policy', 'same-origin');
    }
    return payload;
  });
}
