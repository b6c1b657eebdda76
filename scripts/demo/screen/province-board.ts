/** What the screen of the province always shows: what is up, where the terminals are, what is thanked and what is stored. */
import type { FleetState } from '../citizens/fleet.ts';
import type { PairState } from '../postgres/pair.ts';
import type { Letter } from '../province/gateways.ts';
import type { Seen } from '../province/sight.ts';
import type { Board } from './live-screen.ts';

export type Scene = {
  gateways: readonly { letter: Letter; isUp: boolean }[];
  sight: Seen;
  database: PairState;
  hasBalancer: boolean;
  fleet: FleetState;
  hasKeyboard: boolean;
};

const UP = '●';
const DOWN = '○';

const STANDBY = {
  follows: `${UP} 备库 standby, synchronous 同步`,
  joins: `${DOWN} 备库 standby is copied 复制中`,
  none: `${DOWN} 备库 no standby 无`,
};

export function describeScene(scene: Scene): Board {
  const { gateways, sight, database, hasBalancer, fleet, hasKeyboard } = scene;
  const { primary, isUp, standby } = database;
  const counted = gateways.map(({ letter, isUp }) =>
    isUp
      ? `${UP} 网关 gateway ${letter}: ${sight.terminals[letter] ?? '?'} 终端 terminals`
      : `${DOWN} 网关 gateway ${letter}: down 停止`,
  );
  const other = primary === 1 ? 2 : 1;
  const servers = [
    isUp ? `${UP} 主库 primary: PostgreSQL ${primary}` : `${DOWN} 主库 primary: down 停止`,
    `${STANDBY[standby]}${standby === 'none' ? '' : `: PostgreSQL ${other}`}`,
  ];
  const balancer = hasBalancer ? `${UP} HAProxy` : 'HAProxy: not installed 未安装';
  const { thanked, terminals, served } = fleet;
  const stored = sight.stored ?? 0;
  const votes = [
    `致谢 thanked ${thanked}`,
    `已入库 stored ${stored}`,
    // The two are not counted in the same moment.
    `待入库 on their way ${Math.max(0, thanked - stored)}`,
    `在线 served ${served}/${terminals}`,
  ];
  const keys = [
    '1 2 3 评价 vote',
    'a b kill -9 网关 a gateway',
    'p kill -9 主库 the primary',
    'r 重新启动 start again',
    'q 结束 end',
  ];
  return {
    rows: [[...counted, balancer], servers, votes, ...(hasKeyboard ? [keys] : [])],
    digest: [...counted, balancer, ...servers].join('  '),
  };
}
