import { enSession, type SessionMessages, zhSession } from '../parts/session-messages.ts';
import type { Reason } from '../session/next-path.ts';

/** Every word of the sign-in page. */
export type SignInMessages = SessionMessages & {
  title: string;
  promise: [string, string];
  ratings: [string, string, string];
  signIn: string;
  signInHint: string;
  name: string;
  passwordLabel: string;
  nameMissing: string;
  passwordMissing: string;
  submit: string;
  submitting: string;
  wrong: string;
  wrongHint: string;
  waiting(wait: string): string;
  reasons: Record<Reason, { title: string; hint: string }>;
  asking: string;
  entering: string;
  forgotten: string;
  change: string;
  changeHint(name: string): string;
  changed: string;
  otherAccount: string;
};

export const zhSignIn: SignInMessages = {
  ...zhSession,
  title: '满意 · 登录',
  promise: ['一键评价，', '即刻可见。'],
  ratings: ['满意', '基本满意', '不满意'],
  signIn: '登录',
  signInHint: '请使用管理员为您开通的账号',
  name: '账号',
  passwordLabel: '密码',
  nameMissing: '请输入账号',
  passwordMissing: '请输入密码',
  submit: '登录',
  submitting: '正在登录…',
  wrong: '账号或密码不正确',
  wrongHint: '请检查后重试，密码区分大小写。',
  waiting: (wait) => `请等待 ${wait}`,
  reasons: {
    'signed-out': { title: '您已退出登录', hint: '此设备上的会话已结束。' },
    'session-ended': { title: '登录已结束', hint: '会话已过期，或已在别处被结束。请重新登录。' },
    'link-revoked': { title: '大屏链接已失效', hint: '请登录后查看，或向管理员索取新的大屏链接。' },
  },
  asking: '正在连接网关…',
  entering: '正在进入…',
  forgotten: '忘记密码？请联系管理员重新设置。',
  change: '设置您自己的密码',
  changeHint: (name) => `${name}，您好。当前密码由管理员设置，请先换成只有您知道的密码。`,
  changed: '密码已保存',
  otherAccount: '换一个账号登录',
};

export const enSignIn: SignInMessages = {
  ...enSession,
  title: 'Manyi · sign in',
  promise: ['One press at the counter,', 'seen at once.'],
  ratings: ['Satisfied', 'Basically', 'Unsatisfied'],
  signIn: 'Sign in',
  signInHint: 'Use the account that your administrator made for you',
  name: 'Account',
  passwordLabel: 'Password',
  nameMissing: 'Enter your account',
  passwordMissing: 'Enter your password',
  submit: 'Sign in',
  submitting: 'Signing in…',
  wrong: 'Wrong account or password',
  wrongHint: 'Check both and try again. Capitals matter.',
  waiting: (wait) => `Wait ${wait}`,
  reasons: {
    'signed-out': { title: 'You are signed out', hint: 'The session on this device has ended.' },
    'session-ended': {
      title: 'Your session has ended',
      hint: 'It expired, or it was ended elsewhere. Please sign in again.',
    },
    'link-revoked': {
      title: 'That wall link no longer works',
      hint: 'Sign in to see the wall, or ask an administrator for a new link.',
    },
  },
  asking: 'Reaching the gateway…',
  entering: 'Opening…',
  forgotten: 'Forgotten your password? An administrator can set a new one.',
  change: 'Choose your own password',
  changeHint: (name) =>
    `Welcome, ${name}. An administrator set the password you have now: replace it with one that only you know.`,
  changed: 'Password saved',
  otherAccount: 'Sign in with another account',
};
