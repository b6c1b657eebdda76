/**
 * Whose clock and the gateway's disagree. One that does has a wrong clock; when most do, and by about as much, it is the
 * gateway's own that is wrong.
 */
import { CLOCK_TOLERANCE_MS } from '../domain/vote-time.ts';

export type ClockAlarms = {
  /** A terminal's clock minus the gateway's, milliseconds, where they disagree; null where they agree. From its hello. */
  heard(terminalId: string, apartMs: number | null): void;
  /** The same, of a clock that it does not date by: from its health report. */
  reported(terminalId: string, apartMs: number | null): void;
  /** It has gone to another gateway, which hears its clock from now on: here it is no witness any more. */
  left(terminalId: string): void;
  isApart(terminalId: string): boolean;
  /** A terminal's clock minus the gateway's, milliseconds, where they disagree. */
  apartMs(terminalId: string): number | null;
  /** Terminals whose clock disagrees. */
  count(): number;
  /** By how much most of the terminals say that the gateway's clock is behind (negative: ahead), milliseconds; null while they do not. */
  gatewayBehindMs(): number | null;
  /** Codes for readiness; votes are taken all the same. */
  warnings(): string[];
};

/** Fewer witnesses prove nothing. */
const WITNESSES = 3;

export type ClockAlarmDeps = {
  changed(terminalId: string, apartMs: number | null): void;
  /** Most terminals say so, or no longer do. */
  gatewayDoubted(behindMs: number | null): void;
};

export function createClockAlarms({ changed, gatewayDoubted }: ClockAlarmDeps): ClockAlarms {
  const heardOf = new Map<string, number | null>();
  const reportedOf = new Map<string, number>();
  const apartOf = (terminalId: string): number | null =>
    reportedOf.get(terminalId) ?? heardOf.get(terminalId) ?? null;
  let apartCount = 0;
  let doubted = false;
  const isMajority = () => apartCount >= WITNESSES && apartCount * 2 > heardOf.size;

  const gatewayBehindMs = (): number | null => {
    if (!isMajority()) return null;
    const apart = [...heardOf.keys()]
      .map(apartOf)
      .filter((value) => value !== null)
      .sort((a, b) => a - b);
    const median = apart[Math.floor(apart.length / 2)] as number;
    const agree = apart.filter((value) => Math.abs(value - median) <= CLOCK_TOLERANCE_MS).length;
    return agree * 2 > heardOf.size ? median : null;
  };

  const note = (terminalId: string, write: () => void, tell = changed) => {
    const before = apartOf(terminalId);
    write();
    const apartMs = apartOf(terminalId);
    if ((before === null) === (apartMs === null)) return;
    tell(terminalId, apartMs);
    apartCount += apartMs === null ? -1 : 1;
    // A whole city that comes back is not counted anew for each.
    if (doubted && isMajority()) return;
    const behindMs = gatewayBehindMs();
    if ((behindMs !== null) === doubted) return;
    doubted = behindMs !== null;
    gatewayDoubted(behindMs);
  };

  return {
    heard: (terminalId, apartMs) => note(terminalId, () => void heardOf.set(terminalId, apartMs)),
    reported(terminalId, apartMs) {
      if (apartMs === (reportedOf.get(terminalId) ?? null)) return;
      note(terminalId, () => {
        if (apartMs === null) reportedOf.delete(terminalId);
        else reportedOf.set(terminalId, apartMs);
      });
    },
    apartMs: apartOf,
    left(terminalId) {
      const forget = () => {
        heardOf.delete(terminalId);
        reportedOf.delete(terminalId);
      };
      note(terminalId, forget, () => {});
    },
    isApart: (terminalId) => apartOf(terminalId) !== null,
    count: () => apartCount,
    gatewayBehindMs,
    warnings: () => (doubted ? ['gateway-clock-doubted'] : apartCount > 0 ? ['clocks-disagree'] : []),
  };
}
