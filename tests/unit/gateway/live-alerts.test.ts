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
const ALL = { unitId: null, isHeldBack: false };
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
    } = createLiveAlerts({ open: () => open, tree: () => tree, holdsBack: () => false })
      .watch(ALL, () => {})
      .current();
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
    const live = createLiveAlerts({ open: () => open, tree: () => tree, holdsBack: () => false });
    let told = 0;
    const watched = live.watch(ALL, () => {
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
    expect([told, watched.current()]).toEqual([2, { open: 0, acknowledged: 0, first: [] }]);
    watched.stop();
    open = [alert(1)];
    live.look();
    expect(told).toBe(2);
  });

  it('are of a unit and what is below it; held back, none that rests on votes, in no number and at no moment', () => {
    const city = buildTree(
      [
        { key: 1, id: 'city', parentId: null, name: '市' },
        { key: 2, id: 'east', parentId: 'city', name: '东' },
        { key: 3, id: 'hall', parentId: 'east', name: '厅' },
        { key: 4, id: 'west', parentId: 'city', name: '西' },
      ],
      [{ key: 1, id: 'w1', unitId: 'hall', name: '一号' }],
      [],
    );
    let open: AlertRecord[] = [];
    const live = createLiveAlerts({ open: () => open, tree: () => city, holdsBack: () => false });
    const told: string[] = [];
    const watch = (unitId: string | null, isHeldBack: boolean) =>
      live.watch({ unitId, isHeldBack }, () => void told.push(`${unitId} ${isHeldBack}`));
    const watched = [watch(null, false), watch('east', false), watch('east', true), watch('west', true)];
    const shownAfter = (...alerts: AlertRecord[]) => {
      told.length = 0;
      open = alerts;
      live.look();
      return [told, watched.map((one) => one.current().first.map(({ id }) => id))];
    };
    const hall = alert(1, { unitId: 'hall', node: 'unit:hall', kind: 'review-waiting' });
    const vote = alert(2, { unitId: 'hall', node: 'window:w1', kind: 'unsatisfied' });
    const above = alert(3, { unitId: 'city', node: 'unit:city', kind: 'terminal-silent' });
    expect(shownAfter(hall)).toEqual([
      ['null false', 'east false', 'east true'],
      [['a-1'], ['a-1'], ['a-1'], []],
    ]);
    expect(shownAfter(hall, vote)).toEqual([
      ['null false', 'east false'],
      [['a-2', 'a-1'], ['a-2', 'a-1'], ['a-1'], []],
    ]);
    expect(watched[1]?.current().first[0]?.name).toBe('一号');
    expect(shownAfter(hall, { ...vote, times: 2 }, above)[0]).toEqual(['null false', 'east false']);
    expect(watched.map((one) => one.current().open)).toEqual([3, 2, 1, 0]);
  });

  it('go with what they are about: told where it stands now, and held back where that or the unit before says so', () => {
    const standing = (unitId: string) =>
      buildTree(
        [
          { key: 1, id: 'city', parentId: null, name: '市' },
          { key: 2, id: 'east', parentId: 'city', name: '东' },
          { key: 3, id: 'west', parentId: 'city', name: '西' },
        ],
        [{ key: 1, id: 'w1', unitId, name: '一号' }],
        [{ key: 1, id: 't1', windowId: 'w1' }],
      );
    let city = standing('east');
    let isEastHeld = false;
    const vote = alert(1, { unitId: 'east', kind: 'unsatisfied' });
    const machine = alert(2, { unitId: 'east', node: 'terminal:t1', kind: 'terminal-silent' });
    let open = [vote, machine];
    const live = createLiveAlerts({ open: () => open, tree: () => city, holdsBack: () => isEastHeld });
    const told: string[] = [];
    const watched = [
      { unitId: null, isHeldBack: false },
      { unitId: 'east', isHeldBack: false },
      { unitId: 'west', isHeldBack: false },
      { unitId: 'west', isHeldBack: true },
    ].map((scope) => live.watch(scope, () => void told.push(`${scope.unitId} ${scope.isHeldBack}`)));
    const shown = () => watched.map((one) => one.current().first.map(({ id, unitId }) => `${id} ${unitId}`));
    expect(shown()).toEqual([['a-2 east', 'a-1 east'], ['a-2 east', 'a-1 east'], [], []]);
    city = standing('west');
    live.look();
    expect(shown()).toEqual([['a-2 west', 'a-1 west'], [], ['a-2 west', 'a-1 west'], ['a-2 west']]);
    told.length = 0;
    open = [{ ...vote, times: 2 }, machine];
    live.look();
    expect(told).toEqual(['null false', 'west false']);
    isEastHeld = true;
    open = [{ ...vote, times: 3 }, machine];
    live.look();
    expect(shown()).toEqual([['a-2 west', 'a-1 west'], [], ['a-2 west'], ['a-2 west']]);
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
    const watching = new Set<string>();
    let alerts = { open: 1, acknowledged: 0, first: [] };
    const hub = createHub(feed, {
      ...{
        now: () => NOW,
        monotonic: () => performance.now(),
        maxClients: 10,
        compressor: createCompressor(),
      },
      alerts: {
        watch(scope, tell) {
          changed = tell;
          watching.add(JSON.stringify(scope));
          return { current: () => alerts, stop: () => void watching.delete(JSON.stringify(scope)) };
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
    const sockets: WebSocket[] = [];
    const listen = (path: string) => {
      const heard: LiveMessage[] = [];
      const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
      socket.on('message', (data) => heard.push(JSON.parse(String(data)) as LiveMessage));
      sockets.push(socket);
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
    // Nobody else watches, and whoever has gone does not.
    expect([...watching]).toEqual([JSON.stringify({ unitId: null, isHeldBack: false })]);
    for (const socket of sockets) socket.terminate();
    await until('that nobody watches', () => watching.size === 0);
  });
});
