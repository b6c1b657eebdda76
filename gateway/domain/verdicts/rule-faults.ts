/** What is wrong with rules, each with where it is and what to do. */
import { hoursFaults, localDayFaults } from '../opening-hours/hours-faults.ts';
import type { SettingFault } from '../refusals.ts';
import { type RuleSettings, THRESHOLD_BOUNDS, type Thresholds } from './rule-settings.ts';

/** Thresholds that make one rule together: all of them are given, or none. */
const TOGETHER: readonly (readonly (keyof Thresholds)[])[] = [
  ['burstPresses', 'burstSpanMs'],
  ['stuckPresses', 'stuckVariationPercent', 'stuckLongestGapMs'],
];

/** Of one version alone: what it sets is within bounds. What it leaves out is inherited, and seen by `ruleFaults`. */
export function settingFaults(settings: Partial<RuleSettings>): SettingFault[] {
  const faults: SettingFault[] = [];
  for (const [field, { least, most }] of Object.entries(THRESHOLD_BOUNDS)) {
    const value = settings[field as keyof Thresholds];
    if (value === undefined || value === 0) continue;
    if (!Number.isInteger(value) || value < least || value > most)
      faults.push({
        code: 'rule-invalid',
        field,
        message: `give a whole number from ${least} to ${most}, or 0 to turn the rule off; it is ${value}`,
      });
  }
  if (settings.hours) faults.push(...hoursFaults(settings.hours));
  for (const field of ['holidays', 'workdays'] as const)
    faults.push(...localDayFaults(settings[field] ?? [], field));
  return faults;
}

/** Of rules as they are in force at one place, inherited and overridden: whether they contradict each other. */
export function ruleFaults(rules: RuleSettings): SettingFault[] {
  const faults = settingFaults(rules);
  // What is no number of its own contradicts nothing.
  if (faults.length > 0) return faults;
  for (const fields of TOGETHER) {
    const off = fields.filter((field) => rules[field] === 0);
    if (off.length > 0 && off.length < fields.length)
      faults.push({
        code: 'rule-incomplete',
        field: off[0] as string,
        message: `${fields.join(', ')} make one rule: set all of them, or all to 0 to turn it off; ${off.join(', ')} is 0`,
      });
  }
  const worked = new Set(rules.workdays.map(({ date }) => date));
  for (const { date } of rules.holidays)
    if (worked.has(date))
      faults.push({
        code: 'hours-date-twice',
        field: 'workdays',
        message: `${date} is a holiday and a working day: take it out of one of them, or give the hours of one place an exception`,
      });
  const { changeOfMindMs, pressIntervalMs } = rules;
  if (changeOfMindMs > pressIntervalMs)
    faults.push({
      code: 'rule-unreachable',
      field: 'changeOfMindMs',
      message: `a press that comes ${pressIntervalMs} ms (pressIntervalMs) after another is the next citizen's, so nobody could change their mind for ${changeOfMindMs} ms: make it at most the interval`,
    });
  return faults;
}
