/** What `manyi history` says to people. */
import type { Proof } from '../../../protocol/score.ts';
import type { Rating } from '../../../protocol/vote.ts';

export const LANGUAGES = ['zh', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

export type HistoryWords = {
  kinds: Record<'unit' | 'window', string>;
  period: string;
  name: string;
  channel: string;
  all: string;
  votes: string;
  ratings: Record<Rating, string>;
  uncounted: string;
  rate: string;
  index: string;
  interval: (percent: string) => string;
  proof: string;
  proofs: Record<Proof, string>;
  notes: string;
  isCut: string;
  isOpen: string;
  isChanged: string;
  total: string;
  with: Record<'previous' | 'year' | 'siblings', string>;
  /** So many spans in which nobody has pressed. */
  empty: (spans: number) => string;
  change: Record<'greater' | 'smaller' | 'open', string>;
  /** Of two rates. */
  points: string;
  difference: (than: string, figures: string) => string;
  noDifference: (than: string) => string;
  madeBy: (made: {
    method: string;
    rules: string;
    weights: string;
    target: string;
    minimum: number;
    timeZone: string;
  }) => string;
};

const EN: HistoryWords = {
  kinds: { unit: 'unit', window: 'window' },
  period: 'period',
  name: 'name then',
  channel: 'channel',
  all: 'all',
  votes: 'counted',
  ratings: { satisfied: 'satisfied', basically: 'basically', unsatisfied: 'unsatisfied' },
  uncounted: 'not counted',
  rate: 'rate %',
  index: 'index',
  interval: (percent) => `${percent} % interval`,
  proof: 'target',
  proofs: { meets: 'met', open: 'open', fails: 'missed', insufficient: 'insufficient sample' },
  notes: 'note',
  isCut: 'a part of it',
  isOpen: 'not over yet',
  isChanged: 'renamed or moved in it',
  total: 'total',
  with: { previous: 'before', year: 'a year before', siblings: 'its siblings' },
  empty: (spans) => `${spans} without votes`,
  change: { greater: 'higher', smaller: 'lower', open: 'open whether it differs' },
  points: 'rate in points',
  difference: (than, figures) => `Beside ${than}: ${figures}`,
  noDifference: (than) => `Beside ${than}: no difference to be told, one of the two has no votes`,
  madeBy: ({ method, rules, weights, target, minimum, timeZone }) =>
    `By ${method}, rules ${rules}, weights ${weights}, target ${target} %, minimum ${minimum}, ${timeZone}. Figures are cut off, not rounded.`,
};

const ZH: HistoryWords = {
  kinds: { unit: '单位', window: '窗口' },
  period: '时段',
  name: '当时名称',
  channel: '渠道',
  all: '全部',
  votes: '计入',
  ratings: { satisfied: '满意', basically: '基本满意', unsatisfied: '不满意' },
  uncounted: '未计入',
  rate: '满意率 %',
  index: '指数',
  interval: (percent) => `${percent} % 区间`,
  proof: '达标',
  proofs: { meets: '达标', open: '未定', fails: '未达标', insufficient: '样本不足' },
  notes: '说明',
  isCut: '只含其中一部分',
  isOpen: '尚未结束',
  isChanged: '其间曾更名或迁移',
  total: '合计',
  with: { previous: '上期', year: '上年同期', siblings: '同级其他合计' },
  empty: (spans) => `${spans} 个时段没有评价`,
  change: { greater: '较高', smaller: '较低', open: '尚不能断定有差别' },
  points: '满意率（百分点）',
  difference: (than, figures) => `与 ${than} 相比：${figures}`,
  noDifference: (than) => `与 ${than} 相比：其中一方没有评价，无从比较`,
  madeBy: ({ method, rules, weights, target, minimum, timeZone }) =>
    `方法 ${method}，规则 ${rules}，权重 ${weights}，目标 ${target} %，最少样本 ${minimum}，${timeZone}。数字截断，不四舍五入。`,
};

export const HISTORY_WORDS: Record<Language, HistoryWords> = { zh: ZH, en: EN };
