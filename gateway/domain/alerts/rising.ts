/** How often the sum of unsatisfied votes gives a false alarm, in a tree of so many votes a day. */
import { falseAlarmsADay, heightFor, riseFor, votesToAlarm } from '../statistics/cusum.ts';
import type { RisingRule } from './alert-settings.ts';
import type { SumRule } from './window-votes.ts';

export const sumRuleOf = ({ usual, watched, height, closesAt }: RisingRule): SumRule => ({
  rise: riseFor(usual, watched),
  height,
  closesAt,
});

export type Expected = {
  rise: number;
  height: number;
  /** Of all windows together. */
  votesADay: number;
  /** At most, while nothing is wrong: an alert that is open keeps the next one from being opened. */
  falseAlarmsADay: number;
  /** Mean number of votes at one window until an alarm, while nothing is wrong, and at the share to watch for. */
  votesToFalseAlarm: number;
  votesToAlarm: number;
};

type Asked = Pick<RisingRule, 'usual' | 'watched'> & { closesAt?: number };

/** @throws StatisticsRefusal `level-invalid`, `alarm-rule-invalid` */
export function expectedOf(
  { usual, watched, height, closesAt = 0 }: Asked & { height: number },
  votesADay: number,
): Expected {
  const rise = riseFor(usual, watched);
  const cusum = { rise, height };
  // From where it closes: below that, nothing is open, and from 0 it takes longer.
  const votesToFalseAlarm = votesToAlarm(cusum, usual, Math.min(closesAt, height - 1));
  return {
    ...{ rise, height, votesADay, votesToFalseAlarm },
    falseAlarmsADay: falseAlarmsADay(votesADay, votesToFalseAlarm),
    votesToAlarm: votesToAlarm(cusum, watched),
  };
}

/** The least height that gives no more false alarms a day than are wanted. @throws StatisticsRefusal as `expectedOf` */
export function heightForWanted({ usual, watched }: Asked, votesADay: number, alarmsADay: number): number {
  return heightFor({ rise: riseFor(usual, watched), usual }, { votesADay, alarmsADay });
}
