/** Walls that come back all at once: their snapshot is made and compressed once for all, and what changes meanwhile follows it. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { type Compressor, createCompressor } from '../../gateway/compress/compressor.ts';
import { createCalendar } from '../../gateway/domain/calendar.ts';
import { UNKNOWN } from '../../gateway/domain/completeness.ts';
import { buildTree } from '../../gateway/domain/org.ts';
import { DEFAULT_WEIGHTS } from '../../gateway/domain/score.ts';
import { ScoreBook } from '../../gateway/domain/score-book.ts';
import { createBoard } from '../../gateway/live/board.ts';
import { createFeed, type Feed } from '../../gateway/live/feed.ts';
import { createHub, type Hub } from '../../gateway/live/hub.ts';
import type { LiveMessage, LiveRow } from '../../protocol/live.ts';
import { tellFigure } from '../faults/figures.ts';
import { until } from '../support/wait.ts';

const WINDOWS = 6_231;
const CHARACTERS = [
  ...'社保医保税务公安不动产登记出入境婚姻综合受理窗口大厅街道办事处便民服务中心牡丹区单县曹县定陶成武巨野郓城',
];

function city() {
  const units = Array.from({ length: 200 }, (_, at) => ({
    ...{ key: at, id: `unit-${at}`, parentId: at === 0 ? null : 'unit-0', name: nameOf(at) },
  }));
  const windows = Array.from({ length: WINDOWS }, (_, at) => ({
    ...{ key: at, id: `window-${at}`, unitId: `unit-${1 + (at % 199)}`, name: nameOf(at * 31) },
  }));
  return buildTree(units, windows, []);
}
const nameOf = (seed: number) =>
  Array.from(
    { length: 8 },
    (_, at) => CHARACTERS[(seed * 7 + at * 13 + (seed >> at)) % CHARACTERS.length],
  ).join('');

type Wall = { rows: Map<string, LiveRow>; revision: number; bytes: number; binary: number; close(): void };

describe('the snapshot', () => {
  let feed: Feed;
  let hub: Hub;
  let server: Server;
  let packs: number;
  const book = new ScoreBook(createCalendar('Asia/Shanghai'));
  beforeEach(async () => {
    const tree = city();
    const calendar = createCalendar('Asia/Shanghai');
    const board = createBoard({
      ...{ tree: () => tree, book, excludedBook: new ScoreBook(calendar), weights: DEFAULT_WEIGHTS },
      presence: { isOnline: () => false, lastSeenAt: () => null },
      isClockApart: () => false,
      completenessOf: () => UNKNOWN,
    });
    feed = createFeed({
      ...{ board, book, calendar, tree: () => tree, now: Date.now, instance: 'i', targetRate: 0.85 },
      newestVotes: () => [],
    });
    packs = 0;
    const real = createCompressor();
    const compressor: Compressor = {
      ...real,
      pack(bytes, encoding) {
        packs += 1;
        return real.pack(bytes, encoding);
      },
    };
    hub = createHub(feed, { now: Date.now, monotonic: () => performance.now(), maxClients: 500, compressor });
    let visitors = 0;
    server = createServer().on('upgrade', (request, socket, head) => {
      visitors += 1;
      const visitor = { credential: `v${visitors}`, unitId: null, isWelcome: () => true };
      hub.accept(request, socket, head, { ...visitor, unpacks: request.url === '/packed' });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    hub.close();
    feed.stop();
    server.close();
  });

  const open = (path: string): Wall => {
    const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
    const wall: Wall = {
      rows: new Map(),
      revision: -1,
      bytes: 0,
      binary: 0,
      close: () => socket.terminate(),
    };
    socket.on('message', (data: Buffer, isBinary) => {
      wall.bytes += data.length;
      wall.binary += isBinary ? 1 : 0;
      const message = JSON.parse(String(isBinary ? gunzipSync(data) : data)) as LiveMessage;
      if (message.type === 'tick') return;
      if (message.type === 'patch' && message.from !== wall.revision)
        throw new Error(`a gap: from ${message.from} at ${wall.revision}`);
      wall.revision = message.revision;
      for (const row of [...message.units, ...message.windows]) wall.rows.set(row.id, row);
    });
    return wall;
  };
  let seq = 0;
  const press = () => {
    const windowKey = (seq * 101) % WINDOWS;
    const at = Date.now();
    book.add(windowKey, 0, at);
    seq += 1;
    const source = { sourceKey: 1, seq, mono: 1, bootKey: 1, receivedAt: at, clock: 0 as const };
    feed.voted({ ...source, windowKey, rating: 0, at } as unknown as Parameters<Feed['voted']>[0]);
    return `window-${windowKey}`;
  };

  it('is compressed once for two hundred walls that come back while votes are counted, and none misses one', async () => {
    const pressed = new Set<string>();
    const pressing = setInterval(() => pressed.add(press()), 10);
    const before = process.cpuUsage();
    const walls = Array.from({ length: 200 }, () => open('/packed'));
    await until('every wall to know the city', () => walls.every(({ rows }) => rows.size === WINDOWS + 200));
    const { user, system } = process.cpuUsage(before);
    clearInterval(pressing);
    pressed.add(press());
    await until('every vote at every wall', () =>
      walls.every(({ rows }) => [...pressed].every((id) => (rows.get(id)?.votes ?? 0) > 0)),
    );
    expect(walls.every(({ binary }) => binary === 1)).toBe(true);
    // One for so long as it is shared (two seconds): on a slow machine they take longer to come.
    expect(packs).toBeLessThanOrEqual(8);
    tellFigure(
      `200 walls, ${packs} compressions, ${Math.round((user + system) / 1_000)} ms of processor, ${walls[0]?.bytes} bytes each`,
    );
    for (const wall of walls) wall.close();
  }, 60_000);

  it('is the same for whoever cannot unpack it, and much larger', async () => {
    const [packed, plain] = [open('/packed'), open('/plain')];
    await until('both', () => packed.rows.size > 0 && plain.rows.size > 0);
    expect([...packed.rows]).toEqual([...plain.rows]);
    expect(plain.binary).toBe(0);
    expect(packed.bytes).toBeLessThan(plain.bytes / 5);
    tellFigure(`snapshot of ${WINDOWS} windows: ${plain.bytes} bytes, compressed ${packed.bytes}`);
    packed.close();
    plain.close();
  });
});
