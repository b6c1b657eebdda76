import type { Obstacle } from '../session/obstacle.ts';

/** What stands between a page and the gateway, said to whoever looks after the network. */
export type ObstacleMessages = {
  noWebsocket: Words;
  originForeign: (origin: string) => Words;
  wallsTooMany: Words;
  answerForeign: (status: number) => Words;
};
/** The title is short: on a wall that has shown data it stands in the header. */
type Words = { title: string; hint: string };

export function sayObstacle(text: ObstacleMessages, obstacle: Obstacle, origin = location.origin): Words {
  switch (obstacle.kind) {
    case 'no-websocket':
      return text.noWebsocket;
    case 'origin-foreign':
      return text.originForeign(origin);
    case 'walls-too-many':
      return text.wallsTooMany;
    case 'answer-foreign':
      return text.answerForeign(obstacle.status);
  }
}

export const zhObstacles: ObstacleMessages = {
  noWebsocket: {
    title: '中间的代理没有放行 WebSocket',
    hint: '网关本身可以访问，但实时数据过不来。请在代理上为 /api/v1/live 放行 Upgrade（见 docs/proxies.md）。',
  },
  originForeign: (origin) => ({
    title: '网关不认得本页的地址',
    hint: `本页来自 ${origin}，但中间的代理用另一个名称访问网关。请让代理原样传递 Host，或在网关设置 MANYI_ALLOWED_ORIGINS=${origin}。`,
  }),
  wallsTooMany: {
    title: '同时打开的大屏太多',
    hint: '网关不再接受更多实时连接。请关闭不用的大屏，本屏会自动显示。',
  },
  answerForeign: (status) => ({
    title: `应答的不是网关（HTTP ${status}）`,
    hint: '本屏与网关之间有代理或上网认证页代为应答：网关可能没有运行、代理连不上它，或本屏尚未通过上网认证。',
  }),
};

export const enObstacles: ObstacleMessages = {
  noWebsocket: {
    title: 'A proxy lets no WebSocket through',
    hint: 'The gateway itself can be reached, its live data cannot. The proxy must pass Upgrade on for /api/v1/live (docs/proxies.md).',
  },
  originForeign: (origin) => ({
    title: 'This page is taken for a foreign one',
    hint: `This page is of ${origin}, but the proxy in between asks the gateway by another name. Let it pass Host on, or set MANYI_ALLOWED_ORIGINS=${origin} at the gateway.`,
  }),
  wallsTooMany: {
    title: 'Too many walls are open',
    hint: 'The gateway takes no more live streams. Close walls that nobody needs, and this one appears by itself.',
  },
  answerForeign: (status) => ({
    title: `Something else answers (HTTP ${status})`,
    hint: 'A proxy or the sign-in page of a network answers in place of the gateway: the gateway may not be running, the proxy may not reach it, or this screen has yet to be let into the network.',
  }),
};
