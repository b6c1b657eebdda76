/** When a terminal that stays connected asks for another session. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSessionRenewal } from '../../../device/uplink/session-renewal.ts';
import { createTlsSession, type TlsSession } from '../../../device/uplink/tls-session.ts';

const DAY_MS = 86_400_000;
/** A ticket is good for so long: gateway/mqtt/handshakes.ts. */
const TICKET_LIFE_MS = 7 * DAY_MS;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** @returns when it would ask, and whether it waits. */
function scheduled(tls: Pick<TlsSession, 'held' | 'keep'>, random: number, monoMs = 0) {
  const asked: number[] = [];
  const begunMs = Date.now();
  let looks = 0;
  const renewal = createSessionRenewal({
    tls: {
      keep: tls.keep,
      held() {
        if (looks++ === 0) return tls.held();
        // It is due. There is none any more, so that nothing is connected to.
        asked.push(Date.now() - begunMs);
        return null;
      },
    },
    gatewayUrl: 'mqtts://127.0.0.1:1',
    monoMs: () => monoMs,
    random: () => random,
  });
  renewal.schedule();
  return { asked, renewal };
}
const heldSince = (sinceMs: number) => ({ held: () => ({ context: {} as never, sinceMs }), keep: () => {} });

describe('another session', () => {
  it.each([
    [0, 2],
    [0.5, 3],
    [1, 4],
  ])('is asked for between the second and the fourth day, which chance decides (%s)', (random, days) => {
    const { asked } = scheduled(heldSince(0), random);
    vi.advanceTimersByTime(TICKET_LIFE_MS);
    expect(asked).toEqual([days * DAY_MS]);
  });

  it('is asked for at once where the one that is kept is older than that', () => {
    const { asked } = scheduled(heldSince(0), 1, 5 * DAY_MS);
    vi.advanceTimersByTime(1);
    expect(asked).toHaveLength(1);
  });

  it('is not asked for when the connection has ended', () => {
    const { asked, renewal } = scheduled(heldSince(0), 1);
    renewal.stop();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(TICKET_LIFE_MS);
    expect(asked).toEqual([]);
  });

  it('is not asked for where there is none', () => {
    scheduled(createTlsSession(), 1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
