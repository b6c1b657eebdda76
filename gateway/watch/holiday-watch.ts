/** Whether the notices of holidays that opening hours rest on are there, a month before they are needed. */
import type { Logger } from 'pino';
import type { Calendar } from '../domain/calendar.ts';
import { missingYear } from '../domain/opening-hours/jurisdictions.ts';
import type { RuleVersion } from '../domain/verdicts/rule-versions.ts';

export type HolidayWatchDeps = {
  log: Logger;
  now: () => number;
  calendar: Calendar;
  versions: () => readonly RuleVersion[];
};

export type HolidayWatch = { look(): void; warnings(): string[] };

const CODE = 'holidays-missing';

/** Looks at once. It is said once a day. */
export function createHolidayWatch({ log, now, calendar, versions }: HolidayWatchDeps): HolidayWatch {
  let isMissing = false;
  let saidOn: number | null = null;
  const look = () => {
    const today = calendar.dayOf(now());
    const date = calendar.nameOf(today);
    const used = new Set(
      versions().flatMap(({ validTo, settings: { hours } }) =>
        hours?.jurisdiction && (validTo === null || validTo >= date) ? [hours.jurisdiction] : [],
      ),
    );
    const missing = [...used].flatMap((jurisdiction) => {
      const year = missingYear(jurisdiction, date);
      return year === null ? [] : [{ jurisdiction, year }];
    });
    isMissing = missing.length > 0;
    if (!isMissing || saidOn === today) return;
    saidOn = today;
    for (const one of missing)
      log.warn(
        { code: CODE, ...one },
        "the notice of the year's holidays is not known here: opening hours go by the week alone then",
      );
  };
  look();
  return { look, warnings: () => (isMissing ? [CODE] : []) };
}
