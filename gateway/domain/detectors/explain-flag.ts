/** What a detector has found, in words that a person can check with the votes it is about: the figures, and what they were held against. */
import { RATINGS } from '../../../protocol/vote.ts';

export type Explanation = { zh: string; en: string };

type Figures = Readonly<Record<string, number>>;
type Told = { figures: Figures; limit: number };

const NAMES_ZH = ['满意', '基本满意', '不满意'] as const;

/** Shown cut off, never rounded up to certainty. */
function percent(share: number): string {
  const cut = Math.floor(share * 1_000 + 1e-9) / 10;
  return `${cut.toFixed(1)} %`;
}

/** `1 in 4,000`: whoever reads it need not know what an exponent is. */
function oneIn(probability: number): { zh: string; en: string } {
  const times = probability > 0 ? 1 / probability : Number.POSITIVE_INFINITY;
  if (!(times < 1e9)) return { zh: '十亿次中不到一次', en: 'less than once in a billion' };
  const whole = Math.floor(times).toLocaleString('en-US');
  return { zh: `${whole} 次中一次`, en: `once in ${whole}` };
}

const of = (figures: Figures, name: string) => figures[name] ?? 0;
const seconds = (ms: number) => (ms / 1_000).toFixed(1);
const fixed = (value: number) => value.toFixed(value < 10 ? 2 : 1);

const EXPLAIN: Readonly<Record<string, (told: Told) => Explanation>> = {
  compensation({ figures, limit }) {
    const [satisfied, people, again] = ['satisfied', 'people', 'again'].map((name) => of(figures, name));
    const [span, expected] = [seconds(of(figures, 'spanMs')), fixed(of(figures, 'expected'))];
    const [chance, most] = [oneIn(of(figures, 'probability')), oneIn(limit)];
    return {
      zh: `一次“不满意”之后 ${span} 秒内连按了 ${satisfied} 次“满意”，其中 ${again} 次与前一次相隔不到 3 秒，不会是另一个人。按前后半小时的节奏和同行者的习惯，这段时间应有 ${expected} 人，实际 ${people} 人；偶然如此的机会为${chance.zh}，低于界限${most.zh}。`,
      en: `One "unsatisfied", then ${satisfied} "satisfied" within ${span} s; ${again} of them came less than 3 s after the one before, which is no other person. At the pace of the half hours around, and with companions, ${expected} people were to be expected in that time, and ${people} pressed; chance does this ${chance.en}, and the limit is ${most.en}.`,
    };
  },
  run({ figures, limit }) {
    const [chance, most] = [oneIn(of(figures, 'probability')), oneIn(limit)];
    const [votes, share] = [of(figures, 'votes'), percent(of(figures, 'share'))];
    return {
      zh: `同一按钮连续 ${votes} 次。该窗口此前 30 天中这个按钮占 ${share}；一天中偶然出现这样长的连续的机会为${chance.zh}，低于界限${most.zh}。`,
      en: `${votes} times the same button in a row. In the 30 days before, it was ${share} of the window's votes; chance makes so long a run in a day ${chance.en}, and the limit is ${most.en}.`,
    };
  },
  crowd({ figures, limit }) {
    const [votes, expected, quantile] = ['votes', 'expected', 'quantile'].map((name) => of(figures, name));
    return {
      zh: `一小时内有 ${votes} 票。前几周同一时段平均 ${fixed(expected as number)} 次，千次中最忙的一小时也不过 ${quantile} 次；界限是其三倍，${limit} 次。学校参观等也会如此。`,
      en: `${votes} votes in an hour. In the same hour of the weeks before there were ${fixed(expected as number)} on average, and the busiest of a thousand such hours has ${quantile}; the limit is three times that, ${limit}. A school's outing does the same.`,
    };
  },
  participation({ figures, limit }) {
    const [votes, services] = [of(figures, 'votes'), of(figures, 'services')];
    return votes > services
      ? {
          zh: `评价 ${votes} 次，而办结的办件只有 ${services} 件。`,
          en: `${votes} votes, and only ${services} services were completed.`,
        }
      : {
          zh: `${services} 件办件中有 ${votes} 件被评价（${percent(of(figures, 'share'))}），高于界限 ${percent(limit)}。`,
          en: `${votes} of ${services} services were rated (${percent(of(figures, 'share'))}), and the limit is ${percent(limit)}.`,
        };
  },
  ceiling({ figures, limit }) {
    const [chance, most] = [oneIn(of(figures, 'probability')), oneIn(limit)];
    const [votes, siblings] = [of(figures, 'votes'), of(figures, 'siblings')];
    const share = percent(of(figures, 'badShareOfSiblings'));
    return {
      zh: `本月 ${votes} 票中没有一票“不满意”。同单位其他 ${siblings} 个窗口的“不满意”占 ${share}，窗口之间的差异已计入；偶然如此的机会为${chance.zh}，低于界限${most.zh}。`,
      en: `Not one "unsatisfied" among ${votes} votes of the month. At the ${siblings} other windows of the unit it is ${share}, and how much windows differ is allowed for; chance does this ${chance.en}, and the limit is ${most.en}.`,
    };
  },
  ending({ figures, limit }) {
    const [chance, most] = [oneIn(of(figures, 'probability')), oneIn(limit)];
    const [days, good, late, others, rest] = ['days', 'lateSatisfied', 'late', 'restSatisfied', 'rest'].map(
      (name) => of(figures, name),
    );
    return {
      zh: `这一周有 ${days} 天，下班前最后十分钟的评价好于当天其他时间。一周合计：最后十分钟 ${late} 票中 ${good} 票“满意”，其他时间 ${rest} 票中 ${others} 票；偶然如此的机会为${chance.zh}（Fisher 精确检验），低于界限${most.zh}。`,
      en: `On ${days} days of the week the last ten minutes were better than the rest of the day. Taken together: ${good} of ${late} "satisfied" in the last ten minutes, ${others} of ${rest} in the rest; chance does this ${chance.en} (Fisher's exact test), and the limit is ${most.en}.`,
    };
  },
  mix({ figures, limit }) {
    const rating = of(figures, 'rating');
    const [share, own, siblings] = ['share', 'ownShare', 'asSiblingsShare'].map((name) =>
      percent(of(figures, name)),
    );
    const [votes, spread] = [of(figures, 'votes'), fixed(of(figures, 'spread'))];
    const level = percent(1 - limit);
    return {
      zh: `这一周 ${votes} 票中“${NAMES_ZH[rating]}”占 ${share}；该窗口此前 30 天占 ${own}，若与同单位其他窗口同样变化应占 ${siblings}。两者都在 ${level} 的界限之外，方向相同；因该窗口各日之间的差异，界限已放宽到 ${spread} 倍。`,
      en: `"${RATINGS[rating]}" was ${share} of ${votes} votes in the week; it was ${own} at this window in the 30 days before, and would be ${siblings} had it changed as the other windows of the unit have. Both lie beyond ${level} limits, on the same side; the limits are ${spread} times as wide as chance alone makes them, as the window's days differ.`,
    };
  },
  imported({ figures, limit }) {
    const votes = of(figures, 'votes');
    if (figures.imputed !== undefined)
      return {
        zh: `${votes} 条记录中有 ${figures.imputed} 条是系统给出的（默认评价），从不计入。`,
        en: `${figures.imputed} of ${votes} records were given by a system and by no citizen; they never count.`,
      };
    if (figures.tagged !== undefined)
      return {
        zh: `带标签的 ${figures.tagged} 条记录，标签完全一样；达到 ${limit} 条即提出。`,
        en: `${figures.tagged} records with tags, and all of them with the same ones; from ${limit} on it is asked why.`,
      };
    if (figures.ratingsOfOneService !== undefined)
      return {
        zh: `同一办件在 ${seconds(limit)} 秒之内有 ${figures.ratingsOfOneService} 次评价。`,
        en: `${figures.ratingsOfOneService} ratings of one service within ${seconds(limit)} s.`,
      };
    const [gap, deviation] = [seconds(of(figures, 'meanGapMs')), seconds(of(figures, 'deviationMs'))];
    return {
      zh: `${votes} 条记录从评价到收到平均相隔 ${gap} 秒，标准差只有 ${deviation} 秒，低于界限 ${seconds(limit)} 秒：像是程序写的。`,
      en: `${votes} records were received ${gap} s after they were given on average, with a standard deviation of ${deviation} s; the limit is ${seconds(limit)} s. A program writes so.`,
    };
  },
  person({ figures }) {
    return {
      zh: `由人提出，涉及 ${of(figures, 'votes')} 票。`,
      en: `Brought up by a person, about ${of(figures, 'votes')} votes.`,
    };
  },
};

/** Of a detector that this gateway does not know (a newer one has found it) the figures alone. */
export function explainFlag(detector: string, told: Told): Explanation {
  const explain = EXPLAIN[detector];
  if (explain) return explain(told);
  const figures = JSON.stringify(told);
  return { zh: `${detector}：${figures}`, en: `${detector}: ${figures}` };
}
