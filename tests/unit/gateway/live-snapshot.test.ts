/** Walls that come back all at once: their snapshot is made and compressed once for all, and what changes meanwhile follows it. */
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import WebSocket from 'ws';
import { type Compressor, createCompressor } from '../../../gateway/compress/compressor.ts';
import { createCalendar } from '../../../gateway/domain/calendar.ts';
import { UNKNOWN } from '../../../gateway/domain/completeness.ts';
import { buildTree } from '../../../gateway/domain/org.ts';
import type { Credential } from '../../../gateway/domain/principal.ts';
import { ScoreBook } from '../../../gateway/domain/score-book.ts';
import { type Board, createBoard } from '../../../gateway/live/board.ts';
import { type Feed, openFeed } from '../../../gateway/live/feed.ts';
import { createHub, type Hub } from '../../../gateway/live/hub.ts';
import { createPlaces } from '../../../gateway/live/places.ts';
import type { LiveMessage, LiveRow } from '../../../protocol/live.ts';
import { tellFigure } from '../../faults/figures.ts';
import { figures } from '../../support/figures.ts';
import { until } from '../../support/wait.ts';

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

type Rows = Map<string, LiveRow>;
type Wall = {
  snapshot: Rows | null;
  patched: Rows;
  revision: number;
  bytes: number;
  binary: number;
  close(): void;
};
const rowOf = ({ snapshot, patched }: Wall, id: string) => patched.get(id) ?? snapshot?.get(id);
const rowsIn = (message: Exclude<LiveMessage, { type: 'tick' }>): Rows =>
  new Map([...message.units, ...message.windows].map((row) => [row.id, row]));

/** Two hundred walls in one process: what all of them got is read once. */
const known = new Map<string, { message: LiveMessage; rows: Rows }>();
function read(data: Buffer, isBinary: boolean) {
  const key = createHash('sha256').update(data).digest('base64');
  let one = known.get(key);
  if (!one) {
    const message = JSON.parse(String(isBinary ? gunzipSync(data) : data)) as LiveMessage;
    one = { message, rows: message.type === 'tick' ? new Map() : rowsIn(message) };
    known.set(key, one);
  }
  return one;
}

describe('the snapshot', () => {
  let board: Board;
  let feed: Feed;
  let hub: Hub;
  let server: Server;
  let packs: number;
  const book = new ScoreBook(createCalendar('Asia/Shanghai'));
  beforeEach(async () => {
    const tree = city();
    const calendar = createCalendar('Asia/Shanghai');
    board = createBoard({
      ...{
        tree: () => tree,
        book,
        excludedBook: new ScoreBook(calendar),
        discountedBooks: [],
      },
      figures,
      presence: { isOnline: () => false, lastSeenAt: () => null },
      isClockApart: () => false,
      completenessOf: () => UNKNOWN,
    });
    feed = await openFeed({
      ...{
        board,
        book,
        calendar,
        tree: () => tree,
        now: Date.now,
        instance: 'i',
        figures,
        places: createPlaces(figures),
      },
      newestVotes: async () => [],
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
      const credential: Credential = { kind: 'link', id: `v${visitors}` };
      const visitor = { credential, unitId: null, heldBack: () => false, isWelcome: async () => true };
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
      ...{ snapshot: null, patched: new Map(), revision: -1, bytes: 0, binary: 0 },
      close: () => socket.terminate(),
    };
    socket.on('message', (data: Buffer, isBinary) => {
      wall.bytes += data.length;
      wall.binary += isBinary ? 1 : 0;
      const { message, rows } = read(data, isBinary);
      if (message.type === 'tick') return;
      if (message.type === 'patch' && message.from !== wall.revision)
        throw new Error(`a gap: from ${message.from} at ${wall.revision}`);
      wall.revision = message.revision;
      if (message.type === 'snapshot') [wall.snapshot, wall.patched] = [rows, new Map()];
      else for (const [id, row] of rows) wall.patched.set(id, row);
    });
    return wall;
  };
  let seq = 0;
  const press = () => {
    const windowKey = (seq * 101) % WINDOWS;
    const at = Date.now();
    book.add(windowKey, 0, at);
    seq += 1;
    const source = { journalKey: 1, seq, mono: 1, bootKey: 1, receivedAt: at, clock: 0 as const };
    feed.voted({ ...source, windowKey, rating: 0, at } as unknown as Parameters<Feed['voted']>[0]);
    return `window-${windowKey}`;
  };

  it('is compressed once for two hundred walls that come back while votes are counted, and none misses one', async () => {
    const pressed = new Set<string>();
    const pressing = setInterval(() => pressed.add(press()), 10);
    const begun = performance.now();
    const before = process.cpuUsage();
    const walls = Array.from({ length: 200 }, () => open('/packed'));
    await until('every wall to know the city', () =>
      walls.every(({ snapshot }) => snapshot?.size === WINDOWS + 200),
    );
    const { user, system } = process.cpuUsage(before);
    clearInterval(pressing);
    pressed.add(press());
    await until('every vote at every wall', () =>
      walls.every((wall) => [...pressed].every((id) => (rowOf(wall, id)?.votes ?? 0) > 0)),
    );
    expect(walls.every(({ binary }) => binary === 1)).toBe(true);
    // One for so long as it is shared: on a slow machine they take longer to come.
    expect(packs).toBeLessThanOrEqual(1 + (performance.now() - begun) / 2_000);
    tellFigure(
      `200 walls, ${packs} compressions, ${Math.round((user + system) / 1_000)} ms of processor, ${walls[0]?.bytes} bytes each`,
    );
    for (const wall of walls) wall.close();
  }, 120_000);

  it('is followed by what has just happened when the walls are closed over it', async () => {
    const wall = open('/plain');
    await until('the city', () => wall.snapshot !== null);
    // The second and third come too soon after the first to be told by themselves yet.
    const pressed = [press(), press(), press()];
    feed.announce();
    hub.close();
    await until('every vote', () => pressed.every((id) => (rowOf(wall, id)?.votes ?? 0) > 0));
  });

  it('has what was pressed while no wall was there, for which no rows were made', async () => {
    const rowsMade = vi.spyOn(board, 'windowRow');
    const votes = () => rowOf(wall, 'unit-0')?.votes;
    let wall = open('/plain');
    await until('the city', () => wall.snapshot !== null);
    const before = votes() ?? 0;
    press();
    await until('a vote', () => votes() === before + 1);
    wall.close();
    await until('nobody', () => hub.metrics.clients() === 0);
    rowsMade.mockClear();
    for (let times = 0; times < 3; times++) {
      press();
      feed.announce();
    }
    expect(rowsMade).not.toHaveBeenCalled();
    wall = open('/plain');
    await until('the city', () => wall.snapshot !== null);
    expect(votes()).toBe(before + 4);
    const window = press();
    await until('one vote more', () => wall.patched.get('unit-0')?.votes === before + 5);
    expect(wall.patched.get(window)?.votes).toBeGreaterThan(0);
    wall.close();
  });

  it('is the same for whoever cannot unpack it, and much larger', async () => {
    const [packed, plain] = [open('/packed'), open('/plain')];
    await until('both', () => packed.snapshot !== null && plain.snapshot !== null);
    expect(packed.snapshot).toEqual(plain.snapshot);
    expect(plain.binary).toBe(0);
    expect(packed.bytes).toBeLessThan(plain.bytes / 5);
    tellFigure(`snapshot of ${WINDOWS} windows: ${plain.bytes} bytes, compressed ${packed.bytes}`);
    packed.close();
    plain.close();
  });
});
