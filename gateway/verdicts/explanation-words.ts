/** What an explanation of one vote comes to, in two languages: what it is, by which rules it was judged, and what it counts for. */
import type { Channel } from '../../protocol/channel.ts';
import type { Verdict } from '../../protocol/verdict.ts';
import type { Clock, Rating } from '../../protocol/vote.ts';
import type { Words } from '../domain/verdicts/check-words.ts';
import type { VoteExplanation } from './vote-explanation.ts';
import type { Standing } from './vote-standing.ts';

const RATING_ZH: Readonly<Record<Rating, string>> = {
  satisfied: '满意',
  basically: '基本满意',
  unsatisfied: '不满意',
};
const CHANNEL_ZH: Readonly<Record<Channel, string>> = {
  ...{ button: '按键', touch: '触摸屏', sms: '短信', phone: '电话', card: '回访卡' },
  ...{ web: '网页', thirdparty: '第三方' },
};
const CLOCK: Readonly<Record<Clock, Words>> = {
  ntp: { zh: '终端时钟已同步（NTP）', en: "by the terminal's clock, synchronised (NTP)" },
  gateway: { zh: '终端时钟由网关校准', en: "by the terminal's clock, set from the gateway" },
  estimated: { zh: '终端时钟未校准，时间为估计', en: 'estimated: the clock of the terminal was not set' },
};
const VERDICT: Readonly<Record<Verdict, Words>> = {
  counted: { zh: '计入', en: 'counted' },
  'too-soon': { zh: '间隔过短', en: 'too soon' },
  superseded: { zh: '已更改', en: 'superseded' },
  burst: { zh: '短时集中', en: 'part of a burst' },
  stuck: { zh: '按键卡住', en: "a stuck contact's" },
  'out-of-hours': { zh: '非服务时间', en: 'out of hours' },
  test: { zh: '测试', en: 'a test' },
  imputed: { zh: '默认评价', en: 'imputed' },
  dismissed: { zh: '审核不予计入', en: 'dismissed by people' },
};
const STANDING: Readonly<Record<Standing, Words>> = {
  same: { zh: '已存储的认定与现行规则一致。', en: 'What is stored is what the rules say now.' },
  waiting: {
    zh: '与现行规则不同：该窗口有记录等待重新认定（迟到的记录或规则更改）。',
    en: 'What is stored differs: votes of the window wait to be judged again (some came late, or rules were changed).',
  },
  notices: {
    zh: '与现行规则不同：可能是认定之后收录了新的放假通知；重新认定：manyi rules set … --judge-again。',
    en: 'What is stored differs: a notice of holidays may have become known since; to judge again: manyi rules set … --judge-again.',
  },
  unknown: {
    zh: '与现行规则不同，原因不明：请运行 manyi check 和 manyi recount。',
    en: 'What is stored differs, and nothing that is stored says why: run manyi check, and manyi recount.',
  },
};

type Told = Omit<VoteExplanation, 'words'>;

/** In the order in which a person asks. @param timeOf a time with its zone */
export function conclusionWords(told: Told, timeOf: (atMs: number) => string): Words[] {
  return [
    what(told),
    when(told, timeOf),
    rules(told),
    ...told.checks.map(({ words }) => words),
    byRules(told),
    STANDING[told.standing],
    ...told.later.map((later) => rulesChanged(later, timeOf)),
    ...told.reviews.map((review) => reviewed(review, timeOf)),
    ...told.exclusions.map((exclusion) => excluded(exclusion, timeOf)),
    inTheEnd(told),
  ];
}

function what({ vote }: Told): Words {
  const place = [...vote.path, vote.windowName].join(' / ');
  if (vote.origin !== null)
    return {
      zh: `来源“${vote.origin}”的评价 ${vote.key}（${place}，${CHANNEL_ZH[vote.channel]}）：${RATING_ZH[vote.rating]}。`,
      en: `Vote ${vote.key} of ${vote.origin} (${place}, ${vote.channel}): ${vote.rating}.`,
    };
  return {
    zh: `评价 ${vote.terminal}#${vote.seq}（${place}，${CHANNEL_ZH[vote.channel]}）：${RATING_ZH[vote.rating]}。`,
    en: `Vote ${vote.terminal}#${vote.seq} (${place}, ${vote.channel}): ${vote.rating}.`,
  };
}

function when({ vote }: Told, timeOf: (atMs: number) => string): Words {
  const { atTime, receivedAtTime, claimedAt } = vote;
  if (vote.origin !== null)
    return {
      zh: `评价时间 ${atTime}（来源系统所报），收到时间 ${receivedAtTime}。`,
      en: `Given at ${atTime}, as the system says; received at ${receivedAtTime}.`,
    };
  if (claimedAt === null)
    return {
      zh: `按键时间 ${atTime}（${CLOCK[vote.clock].zh}），收到时间 ${receivedAtTime}。`,
      en: `Pressed at ${atTime} (${CLOCK[vote.clock].en}), received at ${receivedAtTime}.`,
    };
  const said = timeOf(claimedAt);
  return {
    zh: `终端所报时间 ${said} 不可能或已被更正，由网关或人定为 ${atTime}；收到时间 ${receivedAtTime}。`,
    en: `The terminal said ${said}; the gateway or a person has placed it at ${atTime}. Received at ${receivedAtTime}.`,
  };
}

function rules({ rules: { id, date, timeZone, versions } }: Told): Words {
  const listed = versions.map(
    ({ node, nodeName, version, validFrom, validTo, reason }) =>
      `${nodeName || node} v${version} (${validFrom}–${validTo ?? '…'}: ${reason})`,
  );
  const text = listed.join('; ') || id;
  return {
    zh: `适用 ${date}（${timeZone}）当日的规则：${text}。`,
    en: `Judged by the rules of ${date} (${timeZone}): ${text}.`,
  };
}

const byRules = ({ byRules: code }: Told): Words =>
  code === 'counted'
    ? { zh: '按这些规则，此评价计入。', en: 'By these rules it is counted.' }
    : {
        zh: `按这些规则，此评价不计入：${VERDICT[code].zh}。`,
        en: `By these rules it is not counted: it is ${VERDICT[code].en}.`,
      };

function rulesChanged(later: Told['later'][number], timeOf: (atMs: number) => string): Words {
  const { node, version, madeAt, madeBy, reason, before, verdict } = later;
  return {
    zh: `${timeOf(madeAt)} ${madeBy} 更改规则（${node} 第 ${version} 版，理由：${reason}）：由“${VERDICT[before].zh}”变为“${VERDICT[verdict].zh}”。`,
    en: `Rules were changed at ${timeOf(madeAt)} by ${madeBy} (${node}, version ${version}: ${reason}): before it was ${VERDICT[before].en}, and since ${VERDICT[verdict].en}.`,
  };
}

function reviewed(review: Told['reviews'][number], timeOf: (atMs: number) => string): Words {
  const { id, decision, proposedBy, madeAt, madeBy, reason } = review;
  return {
    zh: `${timeOf(madeAt)} ${madeBy} 确认了 ${proposedBy} 的提议（${id}，理由：${reason}）：${decision === 'dismiss' ? '不予计入' : '计入'}。`,
    en: `At ${timeOf(madeAt)} ${madeBy} confirmed what ${proposedBy} had proposed (${id}: ${reason}): it ${decision === 'dismiss' ? 'does not count' : 'counts'}.`,
  };
}

function excluded(exclusion: Told['exclusions'][number], timeOf: (atMs: number) => string): Words {
  const { id, madeAt, madeBy, reason, endedAt } = exclusion;
  const whose = whoseOf(exclusion);
  const ended =
    endedAt === null
      ? { zh: '', en: '' }
      : { zh: `，已于 ${timeOf(endedAt)} 撤销`, en: `; taken back at ${timeOf(endedAt)}` };
  return {
    zh: `${timeOf(madeAt)} ${madeBy} 排除了${whose.zh}这段时间的评价（${id}，理由：${reason}）${ended.zh}。`,
    en: `At ${timeOf(madeAt)} ${madeBy} excluded ${whose.en} of that span (${id}: ${reason})${ended.en}.`,
  };
}

function whoseOf({ origin, windowId }: Told['exclusions'][number]): Words {
  if (origin !== null && windowId !== null)
    return { zh: `来源“${origin}”在该窗口`, en: `the votes of ${origin} at the window` };
  if (origin !== null) return { zh: `来源“${origin}”`, en: `the votes of ${origin}` };
  if (windowId !== null) return { zh: '该窗口', en: "the window's votes" };
  return { zh: '该终端', en: "the terminal's votes" };
}

const inTheEnd = ({ verdict }: Told): Words =>
  verdict === 'counted'
    ? { zh: '结果：计入得分。', en: 'In the end: it counts.' }
    : {
        zh: `结果：不计入得分（${VERDICT[verdict].zh}）。`,
        en: `In the end: it does not count (${VERDICT[verdict].en}).`,
      };
