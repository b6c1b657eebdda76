import { describe, expect, it } from 'vitest';
import { Drop } from '../../../gateway/mqtt/broker.ts';
import { isWorthALook, reasonOf } from '../../../gateway/mqtt/refusal-reasons.ts';

describe('why a connection ends', () => {
  it.each([
    'certificate-untrusted',
    'certificate-foreign',
    'certificate-revoked',
    'certificate-withdrawn',
    'proxy-header-invalid',
    'proxy-header-missing',
    'proxy-header-unexpected',
  ])('is worth a look: %s', (reason) => expect(isWorthALook(reason)).toBe(true));

  it.each(['keepalive-timeout', 'code-wrong', 'tls-failed', 'certificate-', 'constructor', ''])(
    'is what happens every day: %j',
    (reason) => expect(isWorthALook(reason)).toBe(false),
  );

  it('is a code of the gateway itself where it has one, and one of a few for the words of others', () => {
    expect(reasonOf(new Drop('message-flood'))).toBe('message-flood');
    expect(reasonOf(Object.assign(new Error('x'), { code: 'ECONNRESET' }))).toBe('connection-reset');
    expect(reasonOf(new Error('Drain timeout'))).toBe('receiver-frozen');
    expect(reasonOf(new Error('whatever'))).toBe('packet-malformed');
  });
});
