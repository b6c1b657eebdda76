/** Votes of a window and the rules that they are judged by, made up: one version, or another from the next local day on. */
import fc from 'fast-check';
import { createCalendar } from '../../gateway/domain/calendar.ts';
import type { RuleSettings } from '../../gateway/domain/verdicts/rule-settings.ts';
import {
  constantRules,
  createWindowRules,
  type WindowRules,
} from '../../gateway/domain/verdicts/window-rules.ts';
import { anySettings, anyVotes, placeIn, rulesOf } from './presses.ts';

const ZONES = [
  'Asia/Shanghai',
  'Asia/Kathmandu',
  'Europe/Berlin',
  'America/St_Johns',
  'Pacific/Apia',
  'Australia/Lord_Howe',
];

/** One version of the rules, or another from the next local day on, which begins amidst the votes. */
export const anyRuledVotes = fc
  .tuple(fc.constantFrom(...ZONES), anySettings, fc.option(anySettings), fc.integer({ min: 0, max: 300_000 }))
  .chain(([timeZone, settings, later, beforeMidnightMs]) => {
    const calendar = createCalendar(timeZone);
    const midnight = calendar.startOf(calendar.dayOf(Date.parse('2026-10-25T12:00:00Z')));
    return anyVotes(midnight - beforeMidnightMs).map((votes) => ({
      votes,
      windowRules: windowRules(timeZone, settings, later, calendar.nameOf(calendar.dayOf(midnight))),
    }));
  });

function windowRules(
  timeZone: string,
  settings: Partial<RuleSettings>,
  later: Partial<RuleSettings> | null,
  from: string,
): WindowRules {
  if (later === null) return constantRules(rulesOf(settings, timeZone));
  return createWindowRules(
    ['city', 'hall'],
    [
      { nodeId: 'city', version: 1, validFrom: '2020-01-01', validTo: null, settings },
      { nodeId: 'hall', version: 1, validFrom: from, validTo: null, settings: later },
    ],
    placeIn(timeZone),
  );
}
