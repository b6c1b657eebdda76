/**
 * One POST to an address that somebody else has written down: to nowhere inside, following nobody, waiting for nothing for long, and
 * reading little of what is answered.
 */
import { lookup as resolve } from 'node:dns/promises';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { MayReach } from './addresses.ts';
import { DeliveryFailure } from './delivery-failure.ts';
import { sign } from './signature.ts';

const TIMEOUT_MS = 10_000;
/** Of an answer, and of its headers. */
const ANSWER_BYTES = 16 * 1024;
const MOST_WAIT_MS = 3_600_000;

export type WebhookMessage = { url: string; secret: string; id: string; event: string; body: string };

export type SendWebhook = (message: WebhookMessage) => Promise<void>;

type Address = { address: string; family: number };

/** Why nothing is ever sent to such an address by these settings, where it is no name but a number; null: something may be. */
export function refusesAddress(mayReach: MayReach, { hostname, protocol }: URL): string | null {
  const address = literalOf(hostname);
  if (isIP(address) === 0) return null;
  if (!mayReach.isAllowed(address))
    return `${address} is a private address: set MANYI_WEBHOOK_NETWORKS where that is wanted`;
  return protocol === 'http:' && mayReach.isPublic(address) ? 'give https: it goes over the internet' : null;
}

const literalOf = (hostname: string) => hostname.replace(/^\[|\]$/g, '');

/** @throws DeliveryFailure */
export function createSendWebhook(
  mayReach: MayReach,
  now: () => number,
  timeoutMs = TIMEOUT_MS,
): SendWebhook {
  return async ({ url, secret, id, event, body }) => {
    const target = new URL(url);
    const signal = AbortSignal.timeout(timeoutMs);
    const addresses = await within(signal, addressesOf(target));
    const foreign = addresses.find(({ address }) => !mayReach.isAllowed(address));
    if (foreign)
      throw new DeliveryFailure(
        'webhook-address-forbidden',
        `${target.hostname} is ${foreign.address}: MANYI_WEBHOOK_NETWORKS does not allow it`,
      );
    const isPlain = target.protocol === 'http:';
    if (isPlain && addresses.some(({ address }) => mayReach.isPublic(address)))
      throw new DeliveryFailure('webhook-not-encrypted', `${target.hostname} is on the internet: take https`);
    const timestamp = Math.floor(now() / 1_000);
    const lookup: LookupFunction = (_host, { all }, done) => {
      const [first] = addresses as [Address];
      // What was looked at is what is connected to.
      if (all) done(null, addresses);
      else done(null, first.address, first.family);
    };
    const answer = await within(
      signal,
      new Promise<IncomingMessage>((take, fail) => {
        const request = (isPlain ? requestHttp : requestHttps)(target, {
          method: 'POST',
          ...{ lookup, signal, agent: false, maxHeaderSize: ANSWER_BYTES },
          headers: {
            'content-type': 'application/json; charset=utf-8',
            'content-length': Buffer.byteLength(body),
            'user-agent': 'manyi-alerts/1',
            'manyi-delivery': id,
            'manyi-event': event,
            'manyi-signature': `t=${timestamp},v1=${sign(secret, timestamp, body)}`,
          },
        });
        request.on('response', take).on('error', fail).end(body);
      }),
    );
    const status = answer.statusCode ?? 0;
    const retryAfterMs = retryAfter(answer.headers['retry-after'], now());
    // Nothing in it is of interest; what keeps coming is cut.
    answer.destroy();
    if (status >= 200 && status < 300) return;
    if (status >= 300 && status < 400)
      throw new DeliveryFailure('webhook-redirected', `${status}: nobody is followed`, { retryAfterMs });
    throw new DeliveryFailure('webhook-refused', `${status}`, { retryAfterMs });
  };
}

async function addressesOf({ hostname }: URL): Promise<Address[]> {
  const literal = literalOf(hostname);
  const family = isIP(literal);
  if (family > 0) return [{ address: literal, family }];
  try {
    return await resolve(hostname, { all: true });
  } catch {
    throw new DeliveryFailure('webhook-host-unknown', `${hostname} has no address`);
  }
}

/** @throws DeliveryFailure for whatever goes wrong on the way */
async function within<T>(signal: AbortSignal, step: Promise<T>): Promise<T> {
  try {
    return await Promise.race([
      step,
      new Promise<never>((_, fail) =>
        signal.addEventListener('abort', () => fail(signal.reason), { once: true }),
      ),
    ]);
  } catch (error) {
    if (error instanceof DeliveryFailure) throw error;
    if (signal.aborted) throw new DeliveryFailure('webhook-timeout', 'it took too long');
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new DeliveryFailure('webhook-unreachable', code || message);
  }
}

/** Seconds, or a date (RFC 9110, 10.2.3). */
function retryAfter(text: string | undefined, now: number): number | null {
  if (text === undefined) return null;
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? null : Math.min(MOST_WAIT_MS, Math.max(0, ms));
}
