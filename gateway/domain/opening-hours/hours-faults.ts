/** What is wrong with opening hours, each with where it is and what to do. */
import type { SettingFault, SettingFaultCode } from '../refusals.ts';
import { readShownText } from '../shown-text.ts';
import type { LocalDay } from './holidays.ts';
import {
  type HoursSettings,
  type HoursSpan,
  MOST_GRACE_MINUTES,
  readClockTime,
  readDate,
} from './hours-settings.ts';
import { JURISDICTIONS } from './jurisdictions.ts';

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const MOST_SPANS_A_DAY = 12;
const MOST_EXCEPTIONS = 1_000;
const MOST_NAME_CHARS = 100;

type Add = (code: SettingFaultCode, message: string) => void;

export function hoursFaults(hours: HoursSettings): SettingFault[] {
  const faults: SettingFault[] = [];
  const at =
    (field: string): Add =>
    (code, message) =>
      faults.push({ code, field, message });
  const { weekly, makeUp, exceptions, jurisdiction } = hours;
  if (jurisdiction !== null && !Object.hasOwn(JURISDICTIONS, jurisdiction))
    at('hours.jurisdiction')(
      'hours-jurisdiction-unknown',
      `nothing is known of the holidays of ${jurisdiction}: give one of ${Object.keys(JURISDICTIONS).join(', ')}, or null and name the days under holidays and workdays`,
    );
  if (weekly.length !== 7)
    at('hours.weekly')('hours-week-invalid', `give seven days, Monday first; these are ${weekly.length}`);
  weekly.forEach((spans, day) => {
    spanFaults(spans, WEEKDAYS[day] ?? `day ${day + 1}`, at(`hours.weekly[${day}]`));
  });
  if (weekly.every((spans) => spans.length === 0) && exceptions.every(({ spans }) => spans.length === 0))
    at('hours.weekly')(
      'hours-never-open',
      'every vote would be out of hours: give the days their hours, or no hours at all where they are not known',
    );
  if (makeUp) spanFaults(makeUp, 'a make-up working day', at('hours.makeUp'));
  exceptionFaults(hours, at);
  for (const field of ['graceBeforeMinutes', 'graceAfterMinutes'] as const) {
    const minutes = hours[field];
    if (!Number.isInteger(minutes) || minutes < 0 || minutes > MOST_GRACE_MINUTES)
      at(`hours.${field}`)('hours-grace-invalid', `give whole minutes from 0 to ${MOST_GRACE_MINUTES}`);
  }
  return faults;
}

/** Of days that rules add to the notices. */
export function localDayFaults(days: readonly LocalDay[], field: string): SettingFault[] {
  const faults: SettingFault[] = [];
  const add = (code: SettingFaultCode, at: string, message: string) =>
    faults.push({ code, field: at, message });
  if (days.length > MOST_EXCEPTIONS)
    add('hours-too-many', field, `give at most ${MOST_EXCEPTIONS}: leave out those of past years`);
  const known = new Set<string>();
  days.forEach(({ date, name }, index) => {
    const at = `${field}[${index}]`;
    nameFaults(name, (code, message) => add(code, at, message));
    if (readDate(date) === null)
      add('hours-date-invalid', at, `there is no ${date}: write a date as 2026-10-01`);
    if (known.has(date)) add('hours-date-twice', at, `${date} is there twice: leave one of them out`);
    known.add(date);
  });
  return faults;
}

function exceptionFaults({ exceptions }: HoursSettings, at: (field: string) => Add): void {
  if (exceptions.length > MOST_EXCEPTIONS)
    at('hours.exceptions')(
      'hours-too-many',
      `give at most ${MOST_EXCEPTIONS}: leave out those of past years`,
    );
  const known = new Set<string>();
  exceptions.forEach(({ date, spans, name }, index) => {
    const add = at(`hours.exceptions[${index}]`);
    nameFaults(name, add);
    if (readDate(date) === null) add('hours-date-invalid', `there is no ${date}: write a date as 2026-10-01`);
    if (known.has(date)) add('hours-date-twice', `${date} is there twice: put its hours into one exception`);
    known.add(date);
    spanFaults(spans, date, add);
  });
}

/** Explanations of votes show it; a day needs none. */
function nameFaults(name: string, add: Add): void {
  const { fault } = name === '' ? { fault: null } : readShownText(name, MOST_NAME_CHARS);
  if (fault !== null) add('hours-name-invalid', `name the day otherwise, or with "": it ${fault}`);
}

function spanFaults(spans: readonly HoursSpan[], day: string, add: Add): void {
  if (spans.length > MOST_SPANS_A_DAY)
    add('hours-too-many', `${day} has ${spans.length} spans: give at most ${MOST_SPANS_A_DAY}`);
  const read = spans.flatMap((span) => {
    const [from, to] = [readClockTime(span.from), readClockTime(span.to)];
    if (from === null || to === null) {
      const wrong = from === null ? span.from : span.to;
      add('hours-time-invalid', `${wrong} on ${day} is no time: write 08:30, from 00:00 to 24:00`);
      return [];
    }
    if (to === from) add('hours-empty', `${span.from}–${span.to} on ${day} is no time at all: leave it out`);
    if (to < from)
      add(
        'hours-across-midnight',
        `${span.from}–${span.to} on ${day} ends before it begins: where it goes on past midnight, end it at 24:00 and give the next day 00:00–${span.to}`,
      );
    return to > from ? [{ ...span, start: from, end: to }] : [];
  });
  read.sort((a, b) => a.start - b.start);
  read.forEach((span, index) => {
    const before = read[index - 1];
    if (before && span.start < before.end)
      add(
        'hours-overlap',
        `${before.from}–${before.to} and ${span.from}–${span.to} on ${day} overlap: make one of them`,
      );
  });
}
