/** The verdicts of a gateway under test, by rules that are always the same. */
import { createCalendar } from '../../gateway/domain/calendar.ts';
import { NO_HOLIDAYS } from '../../gateway/domain/opening-hours/holidays.ts';
import { RULES_OFF, type RuleSettings } from '../../gateway/domain/verdicts/rule-settings.ts';
import { constantRules, createRules } from '../../gateway/domain/verdicts/window-rules.ts';
import { createZonedTime } from '../../gateway/domain/zoned-time.ts';
import { createLiveVerdicts, type LiveVerdicts } from '../../gateway/verdicts/live-verdicts.ts';

const ZONE = 'Asia/Shanghai';

export function rulesOf(settings: RuleSettings) {
  const place = {
    calendar: createCalendar(ZONE),
    zoned: createZonedTime(ZONE),
    holidaysOf: () => NO_HOLIDAYS,
  };
  return constantRules(createRules('test', settings, place));
}

/** Of windows without votes so far. */
export function liveVerdicts(settings = RULES_OFF): LiveVerdicts {
  const rules = rulesOf(settings);
  return createLiveVerdicts({
    ...{ rulesOf: () => rules, judgedBy: () => undefined },
    ...{ now: Date.now, aheadMs: 0, lastVotes: [] },
  });
}
