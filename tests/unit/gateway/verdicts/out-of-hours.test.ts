/** R11: votes pressed when the window was not open. */
import { describe, expect, it } from 'vitest';
import { createHolidays } from '../../../../gateway/domain/opening-hours/holidays.ts';
import { DEFAULT_RULES } from '../../../../gateway/domain/verdicts/rule-settings.ts';
import { verdictsOf } from '../../../../gateway/domain/verdicts/verdicts-of.ts';
import { constantRules, createRules } from '../../../../gateway/domain/verdicts/window-rules.ts';
import { placeIn, pressOf } from '../../../support/presses.ts';

const OFFICE = [
  { from: '08:30', to: '12:00' },
  { from: '14:00', to: '17:30' },
];

describe('a vote out of hours', () => {
  const hours = {
    weekly: [OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, [{ from: '09:00', to: '11:00' }], []],
    ...{ jurisdiction: null, makeUp: null, exceptions: [], graceBeforeMinutes: 5, graceAfterMinutes: 10 },
  };
  const rules = createRules('hall@2', { ...DEFAULT_RULES, hours }, placeIn('Asia/Shanghai'));
  const verdictAt = (at: string, given = {}) =>
    verdictsOf([pressOf(1, Date.parse(at), given)], constantRules(rules))[0]!;

  it.each([
    ['2026-11-23T00:24:59Z', 'out-of-hours'],
    ['2026-11-23T00:25:00Z', 'counted'],
    ['2026-11-23T04:09:59Z', 'counted'],
    ['2026-11-23T04:10:00Z', 'out-of-hours'],
  ])('%s: %s', (at, code) => {
    expect(verdictAt(at).code).toBe(code);
  });

  it('says of which day, and when it was open', () => {
    expect(verdictAt('2026-11-28T04:00:00Z')).toEqual({
      ...{ rules: 'hall@2', code: 'out-of-hours', day: '2026-11-28' },
      open: [{ from: Date.parse('2026-11-28T01:00:00Z'), to: Date.parse('2026-11-28T03:00:00Z') }],
    });
  });

  it('is none where nobody knows when it was pressed, nor where nobody knows the hours', () => {
    expect(verdictAt('2026-11-29T04:00:00Z', { isTimed: false }).code).toBe('counted');
    const always = createRules('default', DEFAULT_RULES, placeIn('Asia/Shanghai'));
    const votes = [pressOf(1, Date.parse('2026-11-28T19:00:00Z'))];
    expect(verdictsOf(votes, constantRules(always))[0]!.code).toBe('counted');
  });

  it('names the revision of the holidays that it goes by', () => {
    const holidays = createHolidays({
      ...{ revision: '2026-2', years: [2026] },
      days: [{ date: '2026-10-01', name: '国庆节', isOff: true }],
    });
    const place = { ...placeIn('Asia/Shanghai'), holidaysOf: () => holidays };
    const cn = createRules('hall@2', { ...DEFAULT_RULES, hours: { ...hours, jurisdiction: 'cn' } }, place);
    const [verdict] = verdictsOf([pressOf(1, Date.parse('2026-10-01T02:00:00Z'))], constantRules(cn));
    expect(verdict).toEqual({ rules: 'hall@2 cn:2026-2', code: 'out-of-hours', day: '2026-10-01', open: [] });
  });
});
