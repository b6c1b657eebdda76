/** What a rule has found of a vote in words, for a person who wants to check it with the votes it was held against. */
import type { OpenSpan } from '../opening-hours/opening-hours.ts';
import type { VoteRef } from './judged-vote.ts';
import type { Check, CheckedRule, Explained, Outcome, RoleOfVote } from './vote-checks.ts';

export type Words = { readonly zh: string; readonly en: string };

export type WordsOf = {
  /** A vote's identity, as people name it. */
  nameOf: (vote: VoteRef) => string;
  /** Time of day and zone of a moment. */
  clockOf: (atMs: number) => string;
  /** Of the opening hours that held. */
  graceMinutes: { before: number; after: number };
};

/** The names of the method (docs/method.md). */
const NAMES: Readonly<Record<CheckedRule, Words>> = {
  origin: { zh: 'R12 评价来源', en: 'R12 where it came from' },
  hours: { zh: 'R11 办公时间', en: 'R11 opening hours' },
  held: { zh: 'R5 按住不放', en: 'R5 a contact that is held' },
  stuck: { zh: 'R5 触点粘连', en: 'R5 a contact that sticks' },
  superseded: { zh: 'R2 改主意', en: 'R2 change of mind' },
  'too-soon': { zh: 'R1 按键间隔', en: 'R1 press interval' },
  burst: { zh: 'R4 连击', en: 'R4 burst' },
};

const NOT_ASKED: Readonly<Record<Exclude<Outcome, 'against' | 'passed'>, Words>> = {
  off: { zh: '未设此规则。', en: 'not set here.' },
  decided: {
    zh: '前面的规则已作出认定，此条不再判断。',
    en: 'not asked: a rule before it has spoken.',
  },
  unpressed: { zh: '只适用于按键，此评价不是按键。', en: 'is for what was pressed, and this was not.' },
  untimed: {
    zh: '按键时间不确定，不以此条判断。',
    en: 'not asked: when it was pressed is not known for certain.',
  },
  unknown: { zh: '没有记录按住多久。', en: 'how long it was held is not known.' },
};

/** In the order in which rules look. */
export function checkWords(explained: Explained, to: WordsOf): Words[] {
  return explained.checks.map((check) => {
    const name = NAMES[check.rule];
    const said = asksNothing(check.outcome)
      ? NOT_ASKED[check.outcome]
      : SAY[check.rule](check, explained, to);
    return { zh: `${name.zh}：${said.zh}`, en: `${name.en}: ${said.en}` };
  });
}

const asksNothing = (outcome: Outcome): outcome is keyof typeof NOT_ASKED =>
  outcome !== 'against' && outcome !== 'passed';

type Say = (check: Check, explained: Explained, to: WordsOf) => Words;

const seconds = (ms: number | undefined): string => `${Number(((ms ?? 0) / 1_000).toFixed(3))} s`;
const percent = (value: number | undefined): string => `${Number((value ?? 0).toFixed(2))} %`;
const isAgainst = ({ outcome }: Check) => outcome === 'against';

const SAY: Readonly<Record<CheckedRule, Say>> = {
  origin: (check, { judgement }) =>
    !isAgainst(check)
      ? { zh: '不是系统代评，也不是测试。', en: 'no system gave it, and it was no test.' }
      : judgement.code === 'test'
        ? { zh: '在测试或维护中按下。', en: 'it was pressed in test mode or in maintenance.' }
        : { zh: '由系统代评，不是群众给的评价。', en: 'a system gave it, no citizen.' },
  hours: sayHours,
  held: (check) => {
    const [heldMs, mostMs] = [seconds(check.figures.heldMs), seconds(check.figures.mostMs)];
    return isAgainst(check)
      ? { zh: `按住 ${heldMs}，超过 ${mostMs}。`, en: `held for ${heldMs}, longer than ${mostMs}.` }
      : {
          zh: `按住 ${heldMs}，不超过 ${mostMs}。`,
          en: `held for ${heldMs}, which is no longer than ${mostMs}.`,
        };
  },
  stuck: sayStuck,
  superseded: saySuperseded,
  'too-soon': sayTooSoon,
  burst: sayBurst,
};

function sayHours(check: Check, { neighbourhood: { all, index }, day }: Explained, to: WordsOf): Words {
  const at = to.clockOf(all[index]?.vote.at ?? 0);
  if (day === null) return { zh: `按键时间 ${at}。`, en: `pressed at ${at}.` };
  const spans = spansOf(day.spans, to);
  const kind = {
    week: { zh: '按周排班', en: "the week's hours" },
    holiday: { zh: `节假日“${day.name}”`, en: `the holiday ${day.name}` },
    makeUp: { zh: `调休上班日“${day.name}”`, en: `a working day made up for ${day.name}` },
    exception: { zh: `例外日“${day.name}”`, en: `the exception ${day.name}` },
  }[day.kind];
  const { before, after } = to.graceMinutes;
  const provisional = day.isProvisional
    ? { zh: '当年放假通知尚未收录。', en: " That year's notice of holidays is not known yet." }
    : { zh: '', en: '' };
  const where = isAgainst(check) ? { zh: '之外', en: 'outside' } : { zh: '之内', en: 'within' };
  return {
    zh: `${day.date}（${kind.zh}）办公时间：${spans.zh}，前宽限 ${before} 分钟、后宽限 ${after} 分钟；按键时间 ${at}，在此${where.zh}。${provisional.zh}`,
    en: `on ${day.date} (${kind.en}) the window was ${spans.en}, with ${before} minutes of grace before and ${after} after; it was pressed at ${at}, ${where.en} that.${provisional.en}`,
  };
}

function spansOf(spans: readonly OpenSpan[], { clockOf }: WordsOf): Words {
  if (spans.length === 0) return { zh: '不开放', en: 'closed' };
  const text = spans.map(({ from, to }) => `${clockOf(from)}–${clockOf(to)}`).join(', ');
  return { zh: text, en: `open ${text}` };
}

function sayStuck(check: Check, _explained: Explained, to: WordsOf): Words {
  const {
    presses = 0,
    leastPercent,
    longestGapMs,
    together = 0,
    meanGapMs,
    variationPercent,
  } = check.figures;
  const [least, longest] = [percent(leastPercent), seconds(longestGapMs)];
  if (isAgainst(check)) {
    const [first, last] = [check.votes[0], check.votes.at(-1)].map((vote) => (vote ? to.nameOf(vote) : ''));
    const [mean, varies] = [seconds(meanGapMs), percent(variationPercent)];
    return {
      zh: `同一按钮连续 ${presses} 次（${first} 至 ${last}），平均间隔 ${mean}，标准差为均值的 ${varies}，小于 ${least}：人手做不到。`,
      en: `one of ${presses} presses of its button in a row (${first} to ${last}), ${mean} apart on average; the gaps' standard deviation is ${varies} of that, less than ${least}: no hand does so.`,
    };
  }
  if (variationPercent === undefined && together >= presses)
    return {
      zh: `它所在的同一按钮连续 ${presses} 次按键都在同一毫秒，间隔没有均值可比，不算均匀。`,
      en: `the ${presses} presses of its button in a row are of one millisecond: there is no mean that their gaps could vary by.`,
    };
  return variationPercent === undefined
    ? {
        zh: `前后间隔不超过 ${longest} 的同一按钮按键共 ${together} 次，不到 ${presses} 次。`,
        en: `${together} presses of its button around it, none more than ${longest} after another; it takes ${presses}.`,
      }
    : {
        zh: `前后间隔不超过 ${longest} 的同一按钮按键共 ${together} 次；最均匀的 ${presses} 次，标准差为均值的 ${percent(variationPercent)}，不小于 ${least}。`,
        en: `${together} presses of its button around it, none more than ${longest} after another; the gaps of the most even ${presses} vary by ${percent(variationPercent)} of their mean, not less than ${least}.`,
      };
}

function saySuperseded(check: Check, _explained: Explained, to: WordsOf): Words {
  const { gapMs, mostMs } = check.figures;
  const [gap, most, other] = [seconds(gapMs), seconds(mostMs), named(check, to)];
  if (isAgainst(check))
    return {
      zh: `${gap} 后同一设备按了另一个按钮（${other}），不超过 ${most}：以后按的为准。`,
      en: `${gap} later another button of the device was pressed (${other}), within ${most}: the later one is what the citizen meant.`,
    };
  return gapMs === undefined
    ? { zh: '其后该设备没有按键。', en: 'nothing was pressed on the device soon after it.' }
    : {
        zh: `该设备下一次按键在 ${gap} 之后（${other}）；只有 ${most} 内另一个按钮的第一次更改才取而代之。`,
        en: `the next press of the device came ${gap} later (${other}); only one of another button within ${most}, once, would take its place.`,
      };
}

function sayTooSoon(check: Check, _explained: Explained, to: WordsOf): Words {
  const { gapMs, leastMs } = check.figures;
  const [gap, least, other] = [seconds(gapMs), seconds(leastMs), named(check, to)];
  if (isAgainst(check))
    return {
      zh: `距同一设备上保留的按键 ${other} 只有 ${gap}，不足 ${least}：视为同一人。`,
      en: `${gap} after ${other}, which was kept on the device: less than ${least} is the same citizen.`,
    };
  if (gapMs === undefined)
    return { zh: '此前该设备没有保留的按键。', en: 'no press was kept on the device shortly before it.' };
  if (roleOf(check) === 'corrected')
    return {
      zh: `它取代了 ${gap} 前按的 ${other}（改主意）。`,
      en: `it took the place of ${other}, pressed ${gap} before: a change of mind.`,
    };
  return gapMs >= (leastMs ?? 0)
    ? {
        zh: `距同一设备上一次保留的按键 ${other} 有 ${gap}，不少于 ${least}。`,
        en: `${gap} after ${other}, the last that was kept on the device: at least ${least}.`,
      }
    : {
        zh: `距同一设备上一次保留的按键 ${other} 只有 ${gap}，但该设备一直被按、没有停顿：每十二个间隔保留下一段的第一次。`,
        en: `${gap} after ${other}, the last that was kept on the device; but that was pressed again and again without a pause, and of each twelve intervals the first press is kept.`,
      };
}

function sayBurst(check: Check, _explained: Explained, to: WordsOf): Words {
  const { presses = 0, most = 0, spanMs, withinMs } = check.figures;
  const within = seconds(withinMs);
  if (isAgainst(check)) {
    const kept = check.votes.find(({ role }) => role === 'keptOfBurst');
    const other = kept ? to.nameOf(kept) : '';
    return {
      zh: `该窗口 ${seconds(spanMs)} 内有 ${presses} 次按键（${within} 内多于 ${most} 次即为连击）；其中保留的是 ${other}。`,
      en: `${presses} presses at the window within ${seconds(spanMs)} (more than ${most} within ${within} are a burst); the one that is kept of it is ${other}.`,
    };
  }
  return presses > most
    ? {
        zh: `该窗口 ${within} 内有 ${presses} 次按键，多于 ${most} 次，是连击；它是其中第一次本可计入的，予以保留。`,
        en: `${presses} presses at the window within ${within}, more than ${most}: a burst, of which it is the first that would count, and is kept.`,
      }
    : {
        zh: `该窗口前后 ${within} 内至多 ${presses} 次按键，不多于 ${most} 次。`,
        en: `at most ${presses} presses at the window within ${within} around it, and ${most} are allowed.`,
      };
}

const roleOf = ({ votes }: Check): RoleOfVote | undefined => votes[0]?.role;
const named = ({ votes: [first] }: Check, to: WordsOf): string => (first ? to.nameOf(first) : '');
