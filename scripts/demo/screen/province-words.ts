/** What the province tells, line by line. */

import { DISTRICT, UNITS, WINDOWS } from '../citizens/district.ts';
import type { Tally } from '../citizens/fleet.ts';
import type { DemoOptions } from '../demo-args.ts';
import type { SignIn } from '../home/sign-in.ts';
import type { Letter } from '../province/gateways.ts';
import type { Recovery } from '../province/recovery.ts';
import type { Seen } from '../province/sight.ts';

const seconds = (ms: number) => (ms / 1_000).toFixed(1);

export type Walls = { gateways: readonly { letter: Letter; url: string }[]; balancer: string | null };

/** As the demo of one gateway does. @param room columns of the terminal */
export function introduce(
  { rate, keyboard, dataDir }: Pick<DemoOptions, 'rate' | 'keyboard' | 'dataDir'>,
  { gateways, balancer }: Walls,
  { name, password, wallToken }: SignIn,
  simulated: number,
): string[] {
  const wall = (url: string) => `${url}/wall/#token=${wallToken}`;
  const first = WINDOWS[0]!;
  return [
    '',
    '  满意 Manyi: the province is running 全省演示已启动',
    '',
    ...gateways.map(({ letter, url }) => `      大屏 The wall at gateway ${letter}   ${wall(url)}`),
    balancer === null
      ? '      HAProxy 未安装 is not installed: each terminal knows both gateways'
      : `      大屏 The wall via HAProxy     ${wall(balancer)}`,
    `      登录 Sign in                  ${name}  ${password}`,
    '',
    `  ${DISTRICT.name}: ${UNITS.length} units, ${WINDOWS.length} windows, ${simulated} simulated terminals, about ${rate} votes a second.`,
    ...(keyboard
      ? [
          `  这个键盘就是窗口终端 This keyboard is the terminal at ${first.unit.name} · ${first.name}:`,
          '      1 满意 satisfied     2 基本满意 basically satisfied     3 不满意 unsatisfied',
          '      五秒内再按不另计，所按均保留 Within 5 seconds one counts; all are kept',
        ]
      : []),
    `  Ctrl-C 结束 ends everything. Data and logs: ${dataDir}`,
    '',
  ];
}

export const gatewayEnded = (letter: Letter, how: string, terminals: number | null) =>
  `✗ 网关 ${letter} 已停止（${how}），其上有 ${terminals ?? '?'} 个终端 Gateway ${letter} ended with ${how}: ${terminals ?? '?'} terminals were at it. Thanks go on: votes wait on the terminals' disks.`;

export const gatewayStarts = (letter: Letter) => `· 网关 ${letter} 启动中 Gateway ${letter} is starting …`;

export const gatewayIsBack = (letter: Letter, ms: number) =>
  `✓ 网关 ${letter} 已恢复 Gateway ${letter} takes votes again, ${seconds(ms)} s after its start`;

export const gatewayFailed = (letter: Letter, message: string) =>
  `✗ 网关 ${letter} 未能启动 Gateway ${letter} did not start (r tries again): ${message}`;

export const primaryEnded = (name: string, how: string) =>
  `✗ 主库 ${name} 已停止（${how}） The primary, ${name}, ended with ${how}. Thanks go on; nothing is called stored that is not.`;

export const noStandby = () =>
  '✗ 没有备库 There is no standby to take over: r starts the primary again, with all that it has';

export const promoted = (name: string, ms: number) =>
  `✓ 备库 ${name} 已升为主库 The standby, ${name}, is the primary after ${seconds(ms)} s. It has every vote that was called stored, and is alone: r makes the other its standby`;

export const standbyEnded = (name: string, how: string) =>
  `✗ 备库 ${name} 已停止（${how}） The standby, ${name}, ended with ${how}. What the primary commits waits for it: r makes it anew`;

export const standbyJoins = (name: string) =>
  `· 备库 ${name} 复制中 ${name} is copied from the primary, to be its standby …`;

export const standbyFollows = (name: string, ms: number) =>
  `✓ 备库 ${name} 同步 ${name} follows after ${seconds(ms)} s: what is stored is on both servers again`;

export const primaryIsBack = (name: string, ms: number) =>
  `✓ 主库 ${name} 已恢复 The primary, ${name}, is back after ${seconds(ms)} s`;

export const serverFailed = (message: string) => `✗ 数据库 The database (r tries again): ${message}`;

export const nothingIsDown = () => '· 一切正常 Nothing is down';

export const recovered = (
  { cut, servedMs, storedMs, thankedMeanwhile }: Recovery,
  { A, B }: Seen['terminals'],
) =>
  `✓ ${cut} 个终端中断，${seconds(servedMs)} 秒后恢复 ${cut} terminals were cut off; all are served again after ${seconds(servedMs)} s (A ${A ?? '–'}, B ${B ?? '–'}). ${thankedMeanwhile} votes thanked meanwhile; all stored after ${seconds(storedMs)} s.`;

export const unnoticed = () => '✓ 没有终端受影响 No terminal noticed';

/** At the keyboard: the same for all three. */
export const THANKS = '  谢谢您的评价 Thank you';
export const NOT_TAKEN = '  未能记录，请稍后再试 Not taken, please try again';

export const OUT_OF_ORDER = '  评价器暂停服务 Out of order';
export const IN_ORDER = '  评价器已恢复 In order again';

/** @param stored as counted in the database; null where that could not be asked */
export function conclude({ thanked, acked, stored }: Tally & { stored: number | null }): string {
  if (stored === null)
    return `✓ Ended. Thanked for ${thanked} votes: ${acked} were acknowledged as stored; the database is not there to count them.`;
  const left = thanked - stored;
  const rest = left <= 0 ? '' : `, ${left} wait in their journals for the next start`;
  return `✓ 共致谢 ${thanked}，已入库 ${stored} Ended. Thanked for ${thanked} votes so far: ${stored} are stored${rest}.`;
}
