/** Alerts as whoever may see them is shown them live: which come first, and who is told. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { createLiveAlerts } from '../../../gateway/alerts/live-alerts.ts';
import { createCompressor } from '../../../gateway/compress/compressor.ts';
import { buildTree } from '../../../gateway/domain/org.ts';
import type { Feed } from '../../../gateway/live/feed.ts';
import { createHub } from '../../../gateway/live/hub.ts';
import type { AlertRecord } from '../../../gateway/store/alerts.ts';
import { ALERTS_SHOWN, type LiveMessage } from '../../../protocol/live.ts';
import { until } from '../../support/wait.ts';

const NOW = 1_795_000_000_000;
const treeNamed = (name: string) =>
  buildTree(
    [{ key: 1, id: 'hall', parentId: null, name }],
    [{ key: 1, id: 'w1', unitId: 'hall', name: '一号' }],
    [],
  );
let tree = treeNamed('大厅');
const alert = (key: number, more: Partial<AlertRecord> = {}): AlertRecord => ({
  ...{
    key,
    id: `a-${key}`,
    kind: 'votes-pending',
    node: 'window:w1',
    unitKey: 1,
    unitId: 'hall',
    isUrgent: false,
  },
  ...{ begin: NOW, last: NOW, times: 1, detail: { pending: 3 }, openedAt: NOW, acknowledgedAt: null },
  ...{ acknowledgedBy: null, closedAt: null, closedBy: null, closedWhy: null },
  ...more,
});

describe('alerts, live', () => {
  it('begin with those that nobody sees to, urgent ones before others, then the newest', () => {
    const open = [
      alert(1, { isUrgent: true }),
      alert(2, { isUrgent: true, acknowledgedAt: NOW, acknowledgedBy: 'account:li' }),
      ...[3, 4, 5, 6, 7, 8, 9, 10].map((key) => alert(key)),
    ];
    const {
      open: count,
      acknowledged,
      first,
    } = createLiveAlerts({ open: () => open, tree: () => tree }).current();
    expect([count, acknowledged]).toEqual([9, 1]);
    expect(first.map(({ id }) => id)).toEqual(['a-1', 'a-10', 'a-9', 'a-8', 'a-7', 'a-6', 'a-5', 'a-4']);
    expect(first).toHaveLength(ALERTS_SHOWN);
    expect(first[0]).toEqual({
      ...{ id: 'a-1', kind: 'votes-pending', state: 'open', node: 'window:w1', name: '一号', unitId: 'hall' },
      ...{ isUrgent: true, begin: NOW, times: 1 },
    });
  });

  it('are told where they, or names in them, are others, and not otherwise', () => {
    let open = [alert(1)];
    const live = createLiveAlerts({ open: () => open, tree: () => tree });
    let told = 0;
    live.listen(() => {
      told += 1;
    });
    live.look();
    open = [alert(1)];
    live.look();
    expect(told).toBe(0);
    open = [alert(1, { times: 2 })];
    live.look();
    tree = treeNamed('大厅');
    live.look();
    expect(told).toBe(1);
    open = [];
    live.look();
    expect([told, live.current()]).toEqual([2, { open: 0, acknowledged: 0, first: [] }]);
  });
});

describe('the stream', () => {
  const closers: (() => void)[] = [];
  afterEach(() => {
    for (const close of closers.splice(0)) close();
  });

  it('tells alerts to whoever sees them, after the snapshot and when they change, and to nobody else', async () => {
    let revision = 7;
    const stream = {
      ready: Promise.resolve(),
      revision: () => revision,
      snapshot: () => ({ type: 'snapshot', revision }),
    };
    const feed = { stream: () => stream, listen() {} } as unknown as Feed;
    let changed = () => {};
    let alerts = { open: 1, acknowledged: 0, first: [] };
    const hub = createHub(feed, {
      ...{
        now: () => NOW,
        monotonic: () => performance.now(),
        maxClients: 10,
        compressor: createCompressor(),
      },
      alerts: {
        current: () => alerts,
        listen: (tell) => {
          changed = tell;
        },
      },
    });
    const server = createServer().on('upgrade', (request, socket, head) => {
      const seesAlerts = request.url === '/sees';
      hub.accept(request, socket, head, {
        ...{ credential: { kind: 'session', id: request.url ?? '' }, unitId: null, heldBack: () => false },
        ...{ isWelcome: async () => true, unpacks: false, seesAlerts },
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(
      () => hub.close(),
      () => server.close(),
    );
    const listen = (path: string) => {
      const heard: LiveMessage[] = [];
      const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
      socket.on('message', (data) => heard.push(JSON.parse(String(data)) as LiveMessage));
      closers.push(() => socket.terminate());
      return heard;
    };
    const [sees, other] = [listen('/sees'), listen('/other')];
    await until('the alerts', () => sees.length === 2 && other.length === 1);
    expect(sees[1]).toEqual({
      type: 'tick',
      revision: 7,
      now: NOW,
      alerts: { open: 1, acknowledged: 0, first: [] },
    });
    alerts = { ...alerts, acknowledged: 1, open: 0 };
    revision = 8;
    changed();
    await until('the change', () => sees.length === 3);
    expect(sees[2]).toMatchObject({ revision: 8, alerts: { open: 0, acknowledged: 1 } });
    await until('a tick', () => other.length === 2 && sees.length === 4);
    expect([other[1], sees[3]]).toEqual(Array(2).fill({ type: 'tick', revision: 8, now: NOW }));
  });
});
