import type { Role } from '../../../protocol/session.ts';
import { enObstacles, type ObstacleMessages, zhObstacles } from './obstacles.ts';

/** Words about sessions that more than one page says. */
export type SessionMessages = {
  locale: string;
  language: string;
  product: string;
  password: { show: string; hide: string; capsLock: string };
  newPassword: {
    current: string;
    next: string;
    repeat: string;
    rule(least: number): string;
    ruleDifferent: string;
    ruleSame: string;
    missing: string;
    weak: string;
    throttledHint: string;
    currentWrong: string;
    save: string;
    saving: string;
  };
  trouble: {
    unreachable: string;
    unreachableHint: string;
    retry: string;
    throttled: string;
    throttledHint: string;
    failed: string;
    obstacles: ObstacleMessages;
  };
  seconds(count: number): string;
  minutesAndSeconds(minutes: number, seconds: number): string;
  roles: Record<Role, string>;
};

export const zhSession: SessionMessages = {
  locale: 'zh-CN',
  language: '语言',
  product: '公共服务窗口满意度评价网络',
  password: { show: '显示密码', hide: '隐藏密码', capsLock: '大写锁定已打开' },
  newPassword: {
    current: '当前密码',
    next: '新密码',
    repeat: '再次输入新密码',
    rule: (least) => `至少 ${least} 个字符`,
    ruleDifferent: '与当前密码不同',
    ruleSame: '两次输入一致',
    missing: '请输入当前密码',
    weak: '新密码太容易被猜到，请换一个更长、更少见的',
    throttledHint: '请稍候一会儿再试。',
    currentWrong: '当前密码不正确',
    save: '保存新密码',
    saving: '正在保存…',
  },
  trouble: {
    unreachable: '连接不上网关',
    unreachableHint: '请检查网络后重试。网关恢复后，此提示会自动消失。',
    retry: '立即重试',
    throttled: '尝试次数过多',
    throttledHint: '登录已暂停，请等倒计时结束后再试。',
    failed: '网关未能完成此操作，请稍后再试',
    obstacles: zhObstacles,
  },
  seconds: (count) => `${count} 秒`,
  minutesAndSeconds: (minutes, seconds) =>
    seconds === 0 ? `${minutes} 分钟` : `${minutes} 分 ${seconds} 秒`,
  roles: {
    administrator: '管理员',
    operator: '值班员（全市）',
    'unit-manager': '单位负责人',
    technician: '运维人员',
    auditor: '审计员（只读）',
  },
};

export const enSession: SessionMessages = {
  locale: 'en-GB',
  language: 'Language',
  product: 'Satisfaction feedback for public-service counters',
  password: { show: 'Show password', hide: 'Hide password', capsLock: 'Caps lock is on' },
  newPassword: {
    current: 'Current password',
    next: 'New password',
    repeat: 'New password again',
    rule: (least) => `At least ${least} characters`,
    ruleDifferent: 'Not the current one',
    ruleSame: 'Both entries agree',
    missing: 'Enter your current password',
    weak: 'That password is too easy to guess: choose a longer, less common one',
    throttledHint: 'Wait a little before you try again.',
    currentWrong: 'That is not your current password',
    save: 'Save new password',
    saving: 'Saving…',
  },
  trouble: {
    unreachable: 'The gateway cannot be reached',
    unreachableHint: 'Check the network and try again. This notice goes away once the gateway is back.',
    retry: 'Try now',
    throttled: 'Too many attempts',
    throttledHint: 'Sign-in is paused. Try again when the countdown ends.',
    failed: 'The gateway could not do this: try again later',
    obstacles: enObstacles,
  },
  seconds: (count) => `${count} s`,
  minutesAndSeconds: (minutes, seconds) => (seconds === 0 ? `${minutes} min` : `${minutes} min ${seconds} s`),
  roles: {
    administrator: 'Administrator',
    operator: 'Operator (whole city)',
    'unit-manager': 'Unit manager',
    technician: 'Technician',
    auditor: 'Auditor (reads only)',
  },
};
