import { enSession, type SessionMessages, zhSession } from '../parts/session-messages.ts';

/** Every word of the account page. */
export type AccountMessages = SessionMessages & {
  title: string;
  heading: string;
  toWall: string;
  signOut: string;
  asking: string;
  name: string;
  role: string;
  unit: string;
  wholeCity: string;
  sessionUntil: string;
  changePassword: string;
  changeHint: string;
  changed: string;
  sessions: string;
  sessionsHint: string;
  current: string;
  unknownDevice: string;
  on(browser: string, system: string): string;
  address: string;
  signedIn: string;
  lastUsed: string;
  end: string;
  endNamed(device: string): string;
  ending: string;
  endOthers(count: number): string;
  onlyThis: string;
  ended: string;
  othersEnded(count: number): string;
  justNow: string;
  minutesAgo(minutes: number): string;
};

export const zhAccount: AccountMessages = {
  ...zhSession,
  title: '满意 · 账户',
  heading: '我的账户',
  toWall: '返回大屏',
  signOut: '退出登录',
  asking: '正在连接网关…',
  name: '账号',
  role: '角色',
  unit: '所属单位',
  wholeCity: '全部单位',
  sessionUntil: '本次登录有效至',
  changePassword: '修改密码',
  changeHint: '修改后，您在其他设备上的登录会全部结束。',
  changed: '密码已修改',
  sessions: '登录设备',
  sessionsHint: '有不认识的设备？结束它，并修改密码。',
  current: '本设备',
  unknownDevice: '未知设备',
  on: (browser, system) => `${system} · ${browser}`,
  address: '地址',
  signedIn: '登录于',
  lastUsed: '最近使用',
  end: '结束',
  endNamed: (device) => `结束会话：${device}`,
  ending: '正在结束…',
  endOthers: (count) => `结束其他 ${count} 个会话`,
  onlyThis: '您只在本设备上登录。',
  ended: '会话已结束',
  othersEnded: (count) => `已结束 ${count} 个会话`,
  justNow: '刚刚',
  minutesAgo: (minutes) => `${minutes} 分钟前`,
};

export const enAccount: AccountMessages = {
  ...enSession,
  title: 'Manyi · account',
  heading: 'My account',
  toWall: 'Back to the wall',
  signOut: 'Sign out',
  asking: 'Reaching the gateway…',
  name: 'Account',
  role: 'Role',
  unit: 'Unit',
  wholeCity: 'All units',
  sessionUntil: 'Signed in until',
  changePassword: 'Change password',
  changeHint: 'This ends your sessions on all other devices.',
  changed: 'Password changed',
  sessions: 'Where you are signed in',
  sessionsHint: 'A device you do not know? End its session and change your password.',
  current: 'This device',
  unknownDevice: 'Unknown device',
  on: (browser, system) => `${browser} on ${system}`,
  address: 'Address',
  signedIn: 'Signed in',
  lastUsed: 'Last used',
  end: 'End',
  endNamed: (device) => `End session: ${device}`,
  ending: 'Ending…',
  endOthers: (count) => (count === 1 ? 'End the other session' : `End the ${count} others`),
  onlyThis: 'You are signed in on this device only.',
  ended: 'Session ended',
  othersEnded: (count) => (count === 1 ? 'One session ended' : `${count} sessions ended`),
  justNow: 'now',
  minutesAgo: (minutes) => `${minutes} min ago`,
};
