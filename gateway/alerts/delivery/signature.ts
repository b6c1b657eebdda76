/** How whoever gets a webhook knows that it is from this gateway, and not an old one. */
import { createHmac } from 'node:crypto';

/** Hexadecimal. @param timestamp seconds since 1970, as they are sent with it */
export function sign(secret: string, timestamp: number, body: string): string {
  return createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
}
