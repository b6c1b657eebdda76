/** What the log says of votes and clocks that are not as they should be: now and then, the counters say how often. */
import type { Logger } from 'pino';
import { createTokenBuckets } from '../domain/token-buckets.ts';
import type { ClockAlarmDeps } from '../fleet/clock-alarms.ts';
import type { QuarantineReason } from '../ingest/reasons.ts';

export type VoteLog = ClockAlarmDeps & { quarantined(reason: QuarantineReason, terminalId: string): void };

const WORDS: Partial<Record<QuarantineReason, { level: 'warn' | 'error'; words: string }>> = {
  'identity-conflict': {
    level: 'error',
    words: 'the same vote number came with another press: a cloned card?',
  },
  'rate-implausible': {
    level: 'warn',
    words: 'more votes than people can press: held for a person to decide',
  },
  'counter-implausible': { level: 'warn', words: 'a terminal says vote numbers that cannot be true' },
  'journal-closed': { level: 'warn', words: 'a vote of a journal that a person has closed: held' },
  'held-limit': {
    level: 'error',
    words: 'no more of this terminal is kept for review: decide what is held, the rest waits in its journal',
  },
};

/** A line a terminal and reason in ten minutes; of a cloned card there may be thousands. */
const EVERY_S = 600;

export function createVoteLog(
  log: Logger,
  monotonic: () => number,
  touch: (terminalId: string) => void,
): VoteLog {
  const lines = createTokenBuckets<string>(1 / EVERY_S, 1);
  return {
    quarantined(reason, terminalId) {
      const said = WORDS[reason];
      if (said && lines.take(`${reason} ${terminalId}`, monotonic()))
        log[said.level]({ code: reason, terminalId }, said.words);
      else log.debug({ terminalId, reason }, 'quarantined');
    },
    changed(terminalId, apartMs) {
      // A terminal that says now this and now that fills no log.
      const told = lines.take(`clock ${apartMs === null} ${terminalId}`, monotonic());
      if (apartMs === null) log[told ? 'info' : 'debug']({ terminalId }, "a terminal's clock agrees again");
      else
        log[told ? 'error' : 'debug'](
          { code: 'clocks-disagree', terminalId, apartMs },
          "a terminal's clock and the gateway's disagree: its votes are placed by the gateway's, and marked",
        );
      touch(terminalId);
    },
    gatewayDoubted(behindMs) {
      if (behindMs === null) log.info("the gateway's clock agrees with its terminals again");
      else
        log.error(
          { code: 'gateway-clock-doubted', behindMs },
          "most terminals say that this gateway's clock is wrong: set it right, then `manyi votes redate`",
        );
    },
  };
}
