/** Rules as they are configured: what is refused, what is inherited, and which version a press is judged by. */
import { describe, expect, it } from 'vitest';
import { ruleFaults, settingFaults } from '../../../../gateway/domain/verdicts/rule-faults.ts';
import {
  DEFAULT_RULES,
  type RuleSettings,
  THRESHOLD_BOUNDS,
} from '../../../../gateway/domain/verdicts/rule-settings.ts';
import {
  faultsInForce,
  type RuleVersion,
  rulesFor,
  versionFaults,
} from '../../../../gateway/domain/verdicts/rule-versions.ts';
import { verdictsOf } from '../../../../gateway/domain/verdicts/verdicts-of.ts';
import { createWindowRules } from '../../../../gateway/domain/verdicts/window-rules.ts';
import { placeIn, pressOf } from '../../../support/presses.ts';

const version = (nodeId: string, number: number, given: Partial<RuleVersion>): RuleVersion => ({
  ...{ nodeId, version: number, validFrom: '2026-01-01', validTo: null, settings: {} },
  ...given,
});

describe('rules that cannot be', () => {
  it('are none of those that are there by themselves', () => {
    expect(ruleFaults(DEFAULT_RULES)).toEqual([]);
  });

  const cases: [settings: Partial<RuleSettings>, code: string, field: string][] = [
    [{ burstPresses: 1 }, 'rule-invalid', 'burstPresses'],
    [{ pressIntervalMs: -5_000 }, 'rule-invalid', 'pressIntervalMs'],
    [{ pressIntervalMs: 5_000.5 }, 'rule-invalid', 'pressIntervalMs'],
    [{ stuckVariationPercent: 31 }, 'rule-invalid', 'stuckVariationPercent'],
    [{ changeOfMindMs: 6_000 }, 'rule-unreachable', 'changeOfMindMs'],
    [{ pressIntervalMs: 0 }, 'rule-unreachable', 'changeOfMindMs'],
    [{ burstPresses: 0 }, 'rule-incomplete', 'burstPresses'],
    [{ stuckPresses: 0, stuckVariationPercent: 0 }, 'rule-incomplete', 'stuckPresses'],
  ];
  it.each(cases)('%j: %s', (settings, code, field) => {
    const faults = ruleFaults({ ...DEFAULT_RULES, ...settings });
    expect(faults.map((fault) => [fault.code, fault.field])).toEqual([[code, field]]);
    expect(faults[0]!.message).toMatch(/give|set|make/);
  });

  it('are seen at every bound, and a rule that is off is none of them', () => {
    for (const [field, { least, most }] of Object.entries(THRESHOLD_BOUNDS)) {
      for (const value of [0, least, most])
        expect(settingFaults({ [field]: value }), `${field} ${value}`).toEqual([]);
      for (const value of [least - 1, most + 1, Number.NaN])
        if (value !== 0) expect(settingFaults({ [field]: value }), `${field} ${value}`).toHaveLength(1);
    }
  });
});

describe('a version', () => {
  const known = [version('city', 1, {}), version('city', 2, { validFrom: '2026-03-01' })];
  it.each<[Partial<RuleVersion>, string[]]>([
    [{}, []],
    [{ validFrom: '2026-02-30' }, ['rule-date-invalid']],
    [{ validFrom: '2026-05-01', validTo: '2026-04-30' }, ['rule-span-reversed']],
    [{ version: 2 }, ['rule-version-taken']],
    [{ settings: { burstPresses: 1 } }, ['rule-invalid']],
  ])('%j: %j', (given, codes) => {
    expect(versionFaults(version('city', 3, given), known).map(({ code }) => code)).toEqual(codes);
  });
  it('is refused where it contradicts what is set below it, with the place and the day', () => {
    const below = [
      version('hall', 1, { validFrom: '2026-04-01', settings: { changeOfMindMs: 4_000 } }),
      version('w1', 1, { validFrom: '2026-08-01', settings: { pressIntervalMs: 9_000 } }),
    ];
    const paths = [['city'], ['city', 'hall'], ['city', 'hall', 'w1'], ['city', 'other']];
    const next = version('city', 3, { validFrom: '2026-05-01', settings: { pressIntervalMs: 3_000 } });
    const faults = faultsInForce(next, [...known, ...below], paths);
    expect(faults.map(({ nodeId, date, code }) => [nodeId, date, code])).toEqual([
      ['hall', '2026-05-01', 'rule-unreachable'],
      ['w1', '2026-05-01', 'rule-unreachable'],
    ]);
    const later = { ...next, validFrom: '2026-08-01' };
    expect(faultsInForce(later, [...known, ...below], paths).map(({ nodeId }) => nodeId)).toEqual(['hall']);
  });
  it('is counted at each node by itself', () => {
    expect(versionFaults(version('hall', 1, {}), known)).toEqual([]);
  });
});

describe('rules in force', () => {
  const versions = [
    version('city', 1, { settings: { pressIntervalMs: 6_000, burstPresses: 6 } }),
    version('city', 2, { validFrom: '2026-07-01', settings: { pressIntervalMs: 8_000 } }),
    version('hall', 1, { validFrom: '2026-03-01', validTo: '2026-03-31', settings: { burstPresses: 9 } }),
    version('w1', 1, { settings: { changeOfMindMs: 0 } }),
    version('other', 1, { settings: { pressIntervalMs: 60_000 } }),
  ];
  it.each([
    ['2025-12-31', 'default', 5_000, 4, 3_000],
    ['2026-02-28', 'city@1 w1@1', 6_000, 6, 0],
    ['2026-03-01', 'city@1 hall@1 w1@1', 6_000, 9, 0],
    ['2026-04-01', 'city@1 w1@1', 6_000, 6, 0],
    // A version says all that its node sets: what it leaves out comes from above again.
    ['2026-07-01', 'city@2 w1@1', 8_000, 4, 0],
  ])('on %s are %s', (date, id, pressIntervalMs, burstPresses, changeOfMindMs) => {
    const rules = rulesFor(['city', 'hall', 'w1'], date, versions);
    expect(rules.id).toBe(id);
    expect(rules.settings).toMatchObject({ pressIntervalMs, burstPresses, changeOfMindMs });
  });

  it('say where each setting comes from', () => {
    const { origins } = rulesFor(['city', 'hall', 'w1'], '2026-03-15', versions);
    expect(origins).toMatchObject({
      pressIntervalMs: { nodeId: 'city', version: 1 },
      burstPresses: { nodeId: 'hall', version: 1 },
      changeOfMindMs: { nodeId: 'w1', version: 1 },
      stuckPresses: null,
    });
  });

  it('are those of the version that was written last, of several that cover a day', () => {
    const replayed = [
      ...versions,
      version('city', 3, {
        validFrom: '2026-05-01',
        validTo: '2026-05-31',
        settings: { pressIntervalMs: 0 },
      }),
    ];
    const intervals = ['2026-04-30', '2026-05-01', '2026-05-31', '2026-06-01', '2026-07-02'].map(
      (date) => rulesFor(['city'], date, replayed).settings.pressIntervalMs,
    );
    expect(intervals).toEqual([6_000, 0, 0, 6_000, 8_000]);
  });

  it.each([
    ['Asia/Shanghai', '2026-06-30T16:00:00Z'],
    ['Asia/Kathmandu', '2026-06-30T18:15:00Z'],
    ['America/St_Johns', '2026-07-01T02:30:00Z'],
    ['Pacific/Apia', '2026-06-30T11:00:00Z'],
  ])('begin at local midnight in %s, and a press is judged by those of its own day', (timeZone, midnight) => {
    const rules = createWindowRules(['city'], versions, placeIn(timeZone));
    const start = Date.parse(midnight);
    expect(rules.at(start - 1).id).toBe('city@1');
    expect(rules.at(start).id).toBe('city@2');
    const votes = [-7_500, -500, 7_400, 7_500].map((ms, index) => pressOf(index + 1, start + ms));
    expect(verdictsOf(votes, rules).map((verdict) => [verdict.rules, verdict.code])).toEqual([
      ['city@1', 'counted'],
      ['city@1', 'counted'],
      ['city@2', 'too-soon'],
      ['city@2', 'counted'],
    ]);
  });
});
