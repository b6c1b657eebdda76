/** An alert as people read it in their mail: plain text, in the language of whoever gets it. */
import type { AlertItem, AlertKind } from '../../../protocol/alert.ts';
import { cutOff } from '../../../protocol/shown-figures.ts';
import type { DeliveryBody } from './delivery-body.ts';

export type MailText = { subject: string; text: string };

export type MailTextDeps = {
  /** See `createZonedTime`. */
  zoned: (atMs: number) => string;
  /** Where people find the pages; null: no link. */
  publicAddress: string | null;
};

type Words = {
  product: string;
  kinds: Record<AlertKind, string>;
  urgent: string;
  ended: string;
  test: string;
  testText: string;
  labels: Record<
    'where' | 'began' | 'last' | 'times' | 'ended' | 'closedBy' | 'why' | 'figures' | 'id',
    string
  >;
  /** The figures that an alert rests on. */
  rate(rate: string, target: string, votes: number): string;
  sum(sum: number, height: number): string;
  outage(silent: number, terminals: number): string;
  votes(count: number): string;
  colon: string;
  look: string;
  end: string;
};

const zh: Words = {
  product: '满意',
  kinds: {
    unsatisfied: '不满意评价',
    'unsatisfied-rising': '不满意评价增多',
    'rate-under-target': '满意率低于目标',
    'terminal-silent': '终端失联',
    'votes-pending': '评价迟迟未上传',
    'review-waiting': '评价待审核超时',
  },
  urgent: '紧急',
  ended: '已结束',
  test: '测试邮件',
  testText: '这是一封测试邮件，不是告警。收到它，说明告警能够送达此地址。',
  labels: {
    ...{ where: '位置', began: '开始', last: '最近', times: '次数', ended: '结束' },
    ...{ closedBy: '处理人', why: '原因', figures: '依据', id: '告警编号' },
  },
  rate: (rate, target, votes) => `满意率 ${rate} %，目标 ${target} %，评价 ${votes} 条`,
  sum: (sum, height) => `累计值 ${sum}，报警线 ${height}`,
  outage: (silent, terminals) => `${terminals} 台终端中 ${silent} 台失联`,
  votes: (count) => `${count} 条评价`,
  colon: '：',
  look: '查看',
  end: '本邮件由满意系统自动发出，请勿回复。',
};

const en: Words = {
  product: 'Manyi',
  kinds: {
    unsatisfied: 'Unsatisfied vote',
    'unsatisfied-rising': 'More unsatisfied votes than usual',
    'rate-under-target': 'Satisfaction rate under the target',
    'terminal-silent': 'Terminal silent',
    'votes-pending': 'Votes on their way for too long',
    'review-waiting': 'Held votes wait for review',
  },
  urgent: 'Urgent',
  ended: 'Ended',
  test: 'Test message',
  testText: 'This is a test, and no alert. Having it means that alerts reach this address.',
  labels: {
    ...{ where: 'Where', began: 'Began', last: 'Last', times: 'Times', ended: 'Ended' },
    ...{ closedBy: 'Closed by', why: 'Why', figures: 'Figures', id: 'Alert' },
  },
  rate: (rate, target, votes) => `rate ${rate} %, target ${target} %, ${votes} votes`,
  sum: (sum, height) => `sum ${sum}, height ${height}`,
  outage: (silent, terminals) => `${silent} of ${terminals} terminals are silent`,
  votes: (count) => `${count} votes`,
  colon: ': ',
  look: 'See',
  end: 'Sent by Manyi itself: please do not answer.',
};

const WORDS = { zh, en };
const MOST_CHARS = 200;

export function createMailText({ zoned, publicAddress }: MailTextDeps) {
  /** To the minute, and of which zone. */
  const clock = (at: number) => {
    const text = zoned(at);
    return `${text.slice(0, 10)} ${text.slice(11, 16)} (${text.slice(23)})`;
  };
  return (language: keyof typeof WORDS, { event, at, alert, path }: DeliveryBody): MailText => {
    const words = WORDS[language];
    const { colon, labels } = words;
    const lines = (rows: readonly (readonly [string, string | number | null])[]) =>
      rows.flatMap(([label, value]) => (value === null ? [] : [`${label}${colon}${clean(String(value))}`]));
    const tail = [
      ...(publicAddress === null ? [] : [`${words.look}${colon}${publicAddress}/`]),
      '',
      words.end,
    ];
    if (alert === null) {
      const rows = [words.testText, ...lines([[labels.began, clock(at)]])];
      return { subject: `[${words.product}] ${words.test}`, text: [...rows, ...tail].join('\n') };
    }
    const names = placeOf(alert, path).map((name) => clean(name));
    const isEnd = event === 'alert.closed';
    const what = words.kinds[alert.kind];
    const marks = [isEnd ? words.ended : null, alert.isUrgent ? words.urgent : null].filter(Boolean);
    const head = [...marks, what].join(' ');
    const rows = lines([
      [labels.where, names.join(' / ')],
      [labels.began, clock(alert.begin)],
      [labels.last, alert.times > 1 ? clock(alert.last) : null],
      [labels.times, alert.times > 1 ? alert.times : null],
      [labels.figures, figuresOf(alert, words)],
      [labels.ended, alert.end === null ? null : clock(alert.end)],
      [labels.closedBy, alert.closedBy === 'gateway' ? null : alert.closedBy],
      [labels.why, alert.closedBy === 'gateway' ? null : alert.closedWhy],
      [labels.id, alert.id],
    ]);
    return {
      subject: `[${words.product}] ${head}${colon}${names.slice(-2).join(' / ')}`,
      text: [head, '', ...rows, ...tail].join('\n'),
    };
  };
}

/** The units from the top, and what the alert is about unless that is the last of them. */
const placeOf = ({ node, name }: AlertItem, path: readonly string[]): readonly string[] =>
  node.startsWith('unit:') && path.length > 0 ? path : [...path, name];

function figuresOf({ kind, detail }: AlertItem, words: Words): string | null {
  const figure = (name: string) => {
    const value = detail[name];
    return typeof value === 'number' ? value : null;
  };
  const [votes, silent, terminals] = [
    figure('votes') ?? figure('pending'),
    figure('silent'),
    figure('terminals'),
  ];
  const [rate, target, sum, height] = [figure('rate'), figure('target'), figure('sum'), figure('height')];
  if (kind === 'rate-under-target' && rate !== null && target !== null) {
    const all = ['satisfied', 'basically', 'unsatisfied'].reduce(
      (known, one) => known + (figure(one) ?? 0),
      0,
    );
    return words.rate(cutOff(rate, 1, 2), cutOff(target, 1, 2), all);
  }
  if (sum !== null && height !== null) return words.sum(sum, height);
  if (silent !== null && terminals !== null) return words.outage(silent, terminals);
  return votes === null ? null : words.votes(votes);
}

/** Names and reasons are what people have typed: on one line, without what hides or turns text round, and not endless. */
function clean(text: string): string {
  const shown = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}\s]+/gu, ' ').trim();
  const chars = [...shown];
  return chars.length <= MOST_CHARS ? shown : `${chars.slice(0, MOST_CHARS - 1).join('')}…`;
}
