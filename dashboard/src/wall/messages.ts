import type { AlertKind } from '../../../protocol/alert.ts';
import type { Proof } from '../../../protocol/score.ts';
import type { Verdict } from '../../../protocol/verdict.ts';
import type { Rating } from '../../../protocol/vote.ts';
import { enObstacles, type ObstacleMessages, zhObstacles } from '../parts/obstacles.ts';

/** Every word the wall says. A language is complete or it does not compile. */
export type Messages = {
  locale: string;
  title: string;
  live: string;
  connecting: string;
  lost: string;
  language: string;
  ratings: Record<Rating, string>;
  cityRate: string;
  target(rate: string): string;
  proofs: Record<Proof, string>;
  interval(confidence: string, range: string): string;
  place(range: string): string;
  placesMeant: string;
  shares(satisfied: string, middle: string): string;
  index: string;
  votes: string;
  voteCount(count: string): string;
  voteWord(count: number): string;
  insufficientWhy(least: number): string;
  noVotes: string;
  /** Of a wall that is shown votes in steps. */
  notShownYet: string;
  everyMinutes(minutes: number): string;
  shownAt(time: string): string;
  noSingleVotes: string;
  noMinutes: string;
  trend: string;
  perMinute(peak: string): string;
  ranking: string;
  windows: string;
  windowCount(count: string): string;
  views: Record<'urgent' | 'all', string>;
  mostUrgent(count: string): string;
  terminals: string;
  online(count: string): string;
  offline(count: string): string;
  offlineSince(time: string): string;
  neverOnline: string;
  complete: string;
  pending(count: string): string;
  missing(count: string): string;
  mismatch: string;
  unknown: string;
  unknownSince(time: string): string;
  held(count: string): string;
  setAside(count: string): string;
  excluded(count: string): string;
  /** Why, the most frequent first, each with how many. */
  discounted(count: string, reasons: readonly string[]): string;
  verdicts: Record<Verdict, string>;
  clockApart(count: string): string;
  mismatchBrief: string;
  latest: string;
  justNow: string;
  secondsAgo(seconds: number): string;
  minutesAgo(minutes: number): string;
  lostSince(time: string): string;
  lostStale: string;
  staleSince(time: string): string;
  obstacles: ObstacleMessages;
  neverHeard: string;
  neverHeardHint: string;
  retrying: string;
  noUnits: string;
  noUnitsHint: string;
  noWindows: string;
  noWindowsHint: string;
  exampleUnit: string;
  exampleWindow: string;
  page(page: number, pages: number): string;
  previous: string;
  next: string;
  paused: string;
  pausedWhy: string;
  sessionEnded: string;
  sessionEndedNext: string;
  linkDead: string;
  linkDeadHint: string;
  linkDeadWaiting: string;
  signInInstead: string;
  signOut: string;
  signOutFailed: string;
  accountPage: string;
  accountMenu(name: string): string;
  alerts: string;
  alertsNone: string;
  alertsOpen(count: number): string;
  alertsSeenTo(count: number): string;
  alertKinds: Record<AlertKind, string>;
  alertSince(time: string): string;
  alertSeenTo: string;
  alertUrgent: string;
};

export const zh: Messages = {
  locale: 'zh-CN',
  title: '满意 · 实时大屏',
  live: '实时',
  connecting: '正在连接',
  lost: '已断开',
  language: '语言',
  ratings: { satisfied: '满意', basically: '基本满意', unsatisfied: '不满意' },
  cityRate: '今日满意率',
  target: (rate) => `目标 ${rate}`,
  proofs: { meets: '已达标', open: '尚无定论', fails: '未达标', insufficient: '样本不足' },
  interval: (confidence, range) => `${confidence} 区间 ${range}`,
  place: (range) => `第 ${range} 位`,
  placesMeant: '可能的名次',
  shares: (satisfied, middle) => `满意 ${satisfied}　基本满意 ${middle}`,
  index: '满意度指数',
  votes: '评价数',
  voteCount: (count) => `${count} 票`,
  voteWord: () => '票',
  insufficientWhy: (least) => `样本不足（少于 ${least} 票）`,
  noVotes: '暂无评价',
  notShownYet: '尚未公布',
  everyMinutes: (minutes) => `每 ${minutes} 分钟公布`,
  shownAt: (time) => `上次 ${time}`,
  noSingleVotes: '为保护评价人，不逐条显示',
  noMinutes: '为保护评价人，不按分钟显示',
  trend: '近 60 分钟',
  perMinute: (peak) => `每分钟票数，最高 ${peak}`,
  ranking: '单位排名',
  windows: '服务窗口',
  windowCount: (count) => `${count} 个`,
  views: { urgent: '需关注', all: '全部' },
  mostUrgent: (count) => `显示最急的 ${count} 个`,
  terminals: '评价终端',
  online: (count) => `在线 ${count}`,
  offline: (count) => `离线 ${count}`,
  offlineSince: (time) => `离线 自 ${time}`,
  neverOnline: '终端未上线',
  complete: '数据完整',
  pending: (count) => `${count} 票在途`,
  missing: (count) => `${count} 票遗失`,
  mismatch: '票数不符',
  unknown: '待终端核对',
  unknownSince: (time) => `${time} 起未知`,
  held: (count) => `${count} 票待审核`,
  setAside: (count) => `${count} 票在封存日志中`,
  excluded: (count) => `已剔除 ${count} 票`,
  discounted: (count, reasons) => [`不计入 ${count} 票`, reasons.join('、')].filter(Boolean).join('：'),
  verdicts: {
    counted: '计入',
    'too-soon': '间隔过短',
    superseded: '已更改',
    burst: '短时集中',
    stuck: '按键卡住',
    'out-of-hours': '非服务时间',
    test: '测试',
    imputed: '默认评价',
    dismissed: '审核不予计入',
  },
  clockApart: (count) => `${count} 台终端时钟不符`,
  mismatchBrief: '不符',
  latest: '最新评价',
  justNow: '刚刚',
  secondsAgo: (seconds) => `${seconds} 秒前`,
  minutesAgo: (minutes) => `${minutes} 分钟前`,
  lostSince: (time) => `与网关失去连接，自 ${time} 起`,
  lostStale: '画面为当时数据，正在重新连接',
  staleSince: (time) => `画面为 ${time} 的数据，正在重连`,
  obstacles: zhObstacles,
  neverHeard: '连接不上网关',
  neverHeardHint: '尚未收到任何数据。请检查网关是否运行、网络是否通畅。',
  retrying: '正在不断重试',
  noUnits: '还没有单位',
  noUnitsHint: '在网关主机上添加第一个单位，大屏会自动显示：',
  noWindows: '还没有窗口',
  noWindowsHint: '为单位添加服务窗口，大屏会自动显示：',
  exampleUnit: '菏泽市曹州区',
  exampleWindow: '社保综合窗口1',
  page: (page, pages) => `第 ${page} / ${pages} 页`,
  previous: '上一页',
  next: '下一页',
  paused: '已暂停',
  pausedWhy: '有人在看：无操作 15 秒后继续翻页',
  sessionEnded: '登录已结束',
  sessionEndedNext: '画面为当时数据，即将转到登录页',
  linkDead: '此大屏链接已失效，请联系管理员',
  linkDeadHint: '链接已被撤销或有误。请向管理员索取新的大屏链接，并在本屏打开。',
  linkDeadWaiting: '恢复授权后，画面会自动显示',
  signInInstead: '使用账号登录',
  signOut: '退出登录',
  signOutFailed: '连接不上网关，尚未退出',
  accountPage: '账户与登录设备',
  accountMenu: (name) => `账户：${name}`,
  alerts: '告警',
  alertsNone: '暂无告警',
  alertsOpen: (count) => `${count} 条未受理`,
  alertsSeenTo: (count) => `${count} 条处理中`,
  alertKinds: {
    unsatisfied: '不满意评价',
    'unsatisfied-rising': '不满意增多',
    'rate-under-target': '满意率低于目标',
    'terminal-silent': '终端失联',
    'votes-pending': '评价迟未上传',
    'review-waiting': '待审核超时',
  },
  alertSince: (time) => `${time} 起`,
  alertSeenTo: '处理中',
  alertUrgent: '紧急',
};

export const en: Messages = {
  locale: 'en-GB',
  title: 'Manyi · live wall',
  live: 'Live',
  connecting: 'Connecting',
  lost: 'Lost',
  language: 'Language',
  ratings: { satisfied: 'Satisfied', basically: 'Basically', unsatisfied: 'Unsatisfied' },
  cityRate: 'Satisfaction rate today',
  target: (rate) => `Target ${rate}`,
  proofs: { meets: 'Met', open: 'Undecided', fails: 'Not met', insufficient: 'Small sample' },
  interval: (confidence, range) => `${confidence} interval ${range}`,
  place: (range) => `Place ${range}`,
  placesMeant: 'possible places',
  shares: (satisfied, middle) => `Satisfied ${satisfied}, basically ${middle}`,
  index: 'Index',
  votes: 'Votes',
  voteCount: (count) => `${count} ${count === '1' ? 'vote' : 'votes'}`,
  voteWord: (count) => (count === 1 ? 'vote' : 'votes'),
  insufficientWhy: (least) => `Insufficient sample (under ${least} votes)`,
  noVotes: 'No votes yet',
  notShownYet: 'Not shown yet',
  everyMinutes: (minutes) => `Every ${minutes} min`,
  shownAt: (time) => `last at ${time}`,
  noSingleVotes: 'Single votes are not shown here, so that nobody is known by theirs',
  noMinutes: 'Not shown by the minute here, so that nobody is known by their vote',
  trend: 'Last 60 minutes',
  perMinute: (peak) => `votes a minute, peak ${peak}`,
  ranking: 'Units ranked',
  windows: 'Service windows',
  windowCount: (count) => count,
  views: { urgent: 'Need attention', all: 'All' },
  mostUrgent: (count) => `the ${count} most urgent`,
  terminals: 'Terminals',
  online: (count) => `${count} online`,
  offline: (count) => `${count} offline`,
  offlineSince: (time) => `Offline since ${time}`,
  neverOnline: 'No terminal yet',
  complete: 'Complete',
  pending: (count) => `${count} on their way`,
  missing: (count) => `${count} lost`,
  mismatch: 'Counts disagree',
  unknown: 'Not yet verified',
  unknownSince: (time) => `Unknown since ${time}`,
  held: (count) => `${count} held for review`,
  setAside: (count) => `${count} in a put-away journal`,
  excluded: (count) => `${count} excluded`,
  discounted: (count, reasons) => [`${count} not counted`, reasons.join(', ')].filter(Boolean).join(': '),
  verdicts: {
    counted: 'counted',
    'too-soon': 'too soon',
    superseded: 'changed',
    burst: 'burst',
    stuck: 'stuck button',
    'out-of-hours': 'out of hours',
    test: 'test',
    imputed: 'imputed',
    dismissed: 'dismissed by review',
  },
  clockApart: (count) => (count === '1' ? '1 clock disagrees' : `${count} clocks disagree`),
  mismatchBrief: '≠',
  latest: 'Latest votes',
  justNow: 'now',
  secondsAgo: (seconds) => `${seconds} s ago`,
  minutesAgo: (minutes) => `${minutes} min ago`,
  lostSince: (time) => `Lost the gateway since ${time}`,
  lostStale: 'What you see is from then. Reconnecting',
  staleSince: (time) => `Data of ${time}, reconnecting`,
  obstacles: enObstacles,
  neverHeard: 'The gateway cannot be reached',
  neverHeardHint: 'Nothing has been received yet. Is the gateway running, and is the network up?',
  retrying: 'Trying again and again',
  noUnits: 'No units yet',
  noUnitsHint: 'Add the first unit on the host of the gateway; the wall shows it by itself:',
  noWindows: 'No windows yet',
  noWindowsHint: 'Add service windows to a unit; the wall shows them by itself:',
  exampleUnit: 'Caozhou District',
  exampleWindow: 'Social insurance 1',
  page: (page, pages) => `Page ${page} of ${pages}`,
  previous: 'Previous page',
  next: 'Next page',
  paused: 'Paused',
  pausedWhy: 'Somebody is reading: pages turn again after 15 seconds without a movement',
  sessionEnded: 'Your session has ended',
  sessionEndedNext: 'What you see is from then. Taking you to the sign-in page',
  linkDead: 'This link no longer opens the wall: ask an administrator',
  linkDeadHint: 'It was revoked, or it is not complete. Ask for a new wall link and open it on this screen.',
  linkDeadWaiting: 'The wall appears by itself once it is let in again',
  signInInstead: 'Sign in with an account',
  signOut: 'Sign out',
  signOutFailed: 'The gateway cannot be reached: you are still signed in',
  accountPage: 'Account and devices',
  accountMenu: (name) => `Account: ${name}`,
  alerts: 'Alerts',
  alertsNone: 'None',
  alertsOpen: (count) => `${count} open`,
  alertsSeenTo: (count) => `${count} being seen to`,
  alertKinds: {
    unsatisfied: 'Unsatisfied vote',
    'unsatisfied-rising': 'More unsatisfied votes',
    'rate-under-target': 'Rate under target',
    'terminal-silent': 'Terminal silent',
    'votes-pending': 'Votes not arriving',
    'review-waiting': 'Review overdue',
  },
  alertSince: (time) => `since ${time}`,
  alertSeenTo: 'being seen to',
  alertUrgent: 'urgent',
};
