/** What is wrong with rules of alerts, each with where it is and what to do. */
import { readClockTime } from '../opening-hours/hours-settings.ts';
import type { SettingFault, SettingFaultCode } from '../refusals.ts';
import { riseFor } from '../statistics/cusum.ts';
import { StatisticsRefusal } from '../statistics/refusal.ts';
import type { AlertSettings, RisingRule, SilentRule } from './alert-settings.ts';

const WEEK_MINUTES = 7 * 24 * 60;
export const MOST_HEIGHT = 10_000;

type Add = (code: SettingFaultCode, field: string, message: string) => void;

/** Of what one version sets: a kind is set as a whole, so nothing that is inherited can contradict it. */
export function alertFaults(settings: Partial<AlertSettings>): SettingFault[] {
  const faults: SettingFault[] = [];
  const add: Add = (code, field, message) => faults.push({ code, field, message });
  const within = (field: string, value: number, least: number, most: number, whole = true) => {
    if (value >= least && value <= most && (!whole || Number.isInteger(value))) return;
    add(
      'alert-rule-invalid',
      field,
      `give ${whole ? 'a whole number' : 'a number'} from ${least} to ${most}; it is ${value}`,
    );
  };
  const { unsatisfied, rising, rate, silent, pending, review, quiet } = settings;
  if (unsatisfied) within('unsatisfied.closesAfterMinutes', unsatisfied.closesAfterMinutes, 1, WEEK_MINUTES);
  if (rising) risingFaults(rising, add);
  if (rate) within('rate.closesAbove', rate.closesAbove, 0, 0.2, false);
  if (silent) silentFaults(silent, within, add);
  if (pending) within('pending.afterMinutes', pending.afterMinutes, 1, WEEK_MINUTES);
  if (review) within('review.afterMinutes', review.afterMinutes, 1, 4 * WEEK_MINUTES);
  if (quiet) {
    const [from, to] = [readClockTime(quiet.from), readClockTime(quiet.to)];
    if (from === null || to === null)
      add('hours-time-invalid', 'quiet', `${from === null ? quiet.from : quiet.to} is no time: write 20:00`);
    else if (from === to)
      add(
        'hours-empty',
        'quiet',
        `${quiet.from}–${quiet.to} is no time at all: give null for no quiet hours`,
      );
  }
  return faults;
}

function risingFaults({ usual, watched, height, closesAt }: RisingRule, add: Add): void {
  try {
    riseFor(usual, watched);
  } catch (error) {
    if (!(error instanceof StatisticsRefusal)) throw error;
    add('alert-rule-invalid', 'rising', error.message);
  }
  if (!Number.isInteger(height) || height < 1 || height > MOST_HEIGHT)
    add(
      'alert-rule-invalid',
      'rising.height',
      `give a whole number from 1 to ${MOST_HEIGHT}; it is ${height}`,
    );
  if (!Number.isInteger(closesAt) || closesAt < 0)
    add('alert-rule-invalid', 'rising.closesAt', `give a whole number from 0 on; it is ${closesAt}`);
  // Every vote takes one away: nearer, and a few good votes would close what the next bad one opens.
  else if (closesAt > height / 2)
    add(
      'alert-rule-flaps',
      'rising.closesAt',
      `it opens at ${height} and would close at ${closesAt} already: give at most half, 0 for when nothing is left of it`,
    );
}

type Within = (field: string, value: number, least: number, most: number, whole?: boolean) => void;

function silentFaults(rule: SilentRule, within: Within, add: Add): void {
  within('silent.afterMinutes', rule.afterMinutes, 1, WEEK_MINUTES);
  within('silent.backMinutes', rule.backMinutes, 0, 60);
  within('silent.outageShare', rule.outageShare, 0.1, 1, false);
  within('silent.outageEndsShare', rule.outageEndsShare, 0.01, 1, false);
  within('silent.outageWithinMinutes', rule.outageWithinMinutes, 1, 60);
  within('silent.outageTerminals', rule.outageTerminals, 2, 1_000);
  if (rule.outageEndsShare >= rule.outageShare)
    add(
      'alert-rule-flaps',
      'silent.outageEndsShare',
      `an outage begins at ${rule.outageShare} of the terminals and would end at ${rule.outageEndsShare}: give less for its end`,
    );
}
