/**
 * Alerts with a stated false-alarm rate: a sum of the unsatisfied votes, one vote at a time. Reynolds & Stoumbos, A CUSUM chart for
 * monitoring a proportion when inspecting continuously, Journal of Quality Technology 31 (1999) 87–108.
 */
import { requireLevel, StatisticsRefusal } from './refusal.ts';
import { stepsToHeight } from './run-length.ts';

/** `rise`: what an unsatisfied vote adds, plus the one that every vote takes away. `height`: where the alarm is. */
export type Cusum = { rise: number; height: number };

const HEIGHT_AT_MOST = 10_000;

function requireCusum({ rise, height }: Cusum): void {
  if (
    !Number.isSafeInteger(rise) ||
    rise < 2 ||
    !Number.isSafeInteger(height) ||
    height < 1 ||
    height > HEIGHT_AT_MOST
  )
    throw new StatisticsRefusal(
      'alarm-rule-invalid',
      `a rise of ${rise}, a height of ${height}: give a rise from 2 on, a height of 1 to ${HEIGHT_AT_MOST}`,
    );
}

/**
 * What tells a share of unsatisfied votes of `watched` from one that is `usual` soonest.
 * @throws StatisticsRefusal `level-invalid`, `alarm-rule-invalid` where the two leave no whole number from 2 on
 */
export function riseFor(usual: number, watched: number): number {
  requireLevel(usual, 'the usual share');
  requireLevel(watched, 'the share to watch for');
  const gamma =
    -Math.log((1 - watched) / (1 - usual)) / Math.log((watched * (1 - usual)) / (usual * (1 - watched)));
  const rise = Math.round(1 / gamma);
  if (!(watched > usual) || rise < 2)
    throw new StatisticsRefusal(
      'alarm-rule-invalid',
      `from ${usual} to ${watched}: give a share to watch for above the usual one, both well below 1`,
    );
  return rise;
}

/**
 * Mean number of votes until the alarm when `share` of them are unsatisfied, from a sum of `start`; Infinity beyond 10³⁰⁰.
 * @throws StatisticsRefusal `level-invalid`, `alarm-rule-invalid`
 */
export function votesToAlarm(cusum: Cusum, share: number, start = 0): number {
  requireCusum(cusum);
  requireLevel(share, 'the share of unsatisfied votes');
  const { rise, height } = cusum;
  if (!Number.isSafeInteger(start) || start < 0 || start >= height)
    throw new StatisticsRefusal('alarm-rule-invalid', `a start of ${start}: give one below the height`);
  return stepsToHeight(1 - share, [{ up: rise - 1, probability: share }], height)[start] as number;
}

/** Over all windows together, each with a sum of its own. */
export function falseAlarmsADay(votesADay: number, votesToOne: number): number {
  return votesADay / votesToOne;
}

/**
 * The least height with no more false alarms a day than are wanted, where `votesADay` come to all windows together.
 * @throws StatisticsRefusal `level-invalid`, `alarm-rule-invalid` where no height is enough
 */
export function heightFor(
  { rise, usual }: { rise: number; usual: number },
  { votesADay, alarmsADay }: { votesADay: number; alarmsADay: number },
): number {
  const isEnough = (height: number) =>
    falseAlarmsADay(votesADay, votesToAlarm({ rise, height }, usual)) <= alarmsADay;
  let high = 1;
  while (!isEnough(high)) {
    if (high === HEIGHT_AT_MOST || !(alarmsADay > 0 && votesADay >= 0))
      throw new StatisticsRefusal(
        'alarm-rule-invalid',
        `no height has ${alarmsADay} false alarms a day of ${votesADay} votes: allow more, or watch for more`,
      );
    high = Math.min(HEIGHT_AT_MOST, 2 * high);
  }
  let low = 0;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (isEnough(middle)) high = middle;
    else low = middle;
  }
  return high;
}
