/** Who may still listen is asked again and again, and the answer takes its time: nobody is cut for somebody else, or twice. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { createCompressor } from '../../../gateway/compress/compressor.ts';
import { createCalendar } from '../../../gateway/domain/calendar.ts';
import { UNKNOWN } from '../../../gateway/domain/completeness.ts';
import { buildTree } from '../../../gateway/domain/org.ts';
import { ScoreBook } from '../../../gateway/domain/score-book.ts';
import { createBoard } from '../../../gateway/live/board.ts';
import { type Feed, openFeed } from '../../../gateway/live/feed.ts';
import { createHub, type Hub } from '../../../gateway/live/hub.ts';
import { createPlaces } from '../../../gateway/live/places.ts';
import { StoreFailure } from '../../../gateway/store/failures.ts';
import { figures } from '../../support/figures.ts';
import { until } from '../../support/wait.ts';

let feed: Feed;
let hub: Hub;
let server: Server;
/** What each question is told, by credential, when the test tells it. */
let questions: { credential: string; answer(welcome: boolean): void; fail(error: Error): void }[];

beforeEach(async () => {
  questions = [];
  const tree = buildTree([{ key: 1, id: 'city', parentId: null, name: '市' }], [], []);
  const calendar = createCalendar('Asia/Shanghai');
  const book = new ScoreBook(calendar);
  const board = createBoard({
    ...{
      tree: () => tree,
      book,
      excludedBook: new ScoreBook(calendar),
      discountedBooks: [],
    },
    presence: { isOnline: () => false, lastSeenAt: () => null },
    isClockApart: () => false,
    completenessOf: () => UNKNOWN,
    figures,
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
  const monotonic = () => performance.now();
  hub = createHub(feed, { now: Date.now, monotonic, maxClients: 10, compressor: createCompressor() });
  server = createServer().on('upgrade', (request, socket, head) => {
    const credential = (request.url as string).slice(1);
    const isWelcome = () =>
      new Promise<boolean>((answer, fail) => void questions.push({ credential, answer, fail }));
    const visitor = { unitId: null, heldBack: () => false, isWelcome, unpacks: false };
    hub.accept(request, socket, head, { credential: { kind: 'session', id: credential }, ...visitor });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  hub.close();
  feed.stop();
  server.close();
});

const listen = async (credential: string) => {
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/${credential}`);
  const closed: number[] = [];
  socket.on('close', (code) => closed.push(code));
  await new Promise<void>((resolve) => socket.once('message', () => resolve()));
  return { socket, closed };
};
const asked = async (count: number) => {
  await until(`${count} questions`, () => questions.length >= count);
  return questions[count - 1] as (typeof questions)[number];
};

describe('walls', () => {
  it('that share a credential are asked about once, and those that may not listen are cut', async () => {
    const [one, two, other] = [await listen('a'), await listen('a'), await listen('b')];
    const swept = hub.sweep();
    (await asked(1)).answer(false);
    (await asked(2)).answer(true);
    await swept;
    await until('both to be cut', () => one.closed.length + two.closed.length === 2);
    expect([one.closed, two.closed, other.closed]).toEqual([[4401], [4401], []]);
    expect([questions.length, hub.metrics.clients()]).toEqual([2, 1]);
  });

  it('may go, and come, while the answer is waited for', async () => {
    const gone = await listen('a');
    const swept = hub.sweep();
    const question = await asked(1);
    gone.socket.terminate();
    await until('it to be gone', () => hub.metrics.clients() === 0);
    const come = await listen('a2');
    question.answer(false);
    await swept;
    expect([hub.metrics.clients(), come.closed]).toEqual([1, []]);
  });

  it('are cut once by two sweeps at once', async () => {
    const one = await listen('a');
    const sweeps = [hub.sweep(), hub.sweep()];
    (await asked(1)).answer(false);
    (await asked(2)).answer(false);
    await Promise.all(sweeps);
    await until('it to be cut', () => one.closed.length > 0);
    expect([one.closed, hub.metrics.clients(), hub.metrics.cut]).toEqual([[4401], 0, 0]);
  });

  it('go on when it cannot be looked up, and whoever has asked is told', async () => {
    const one = await listen('a');
    const swept = hub.sweep();
    (await asked(1)).fail(new StoreFailure('storage-io', 'x'));
    await expect(swept).rejects.toMatchObject({ code: 'storage-io' });
    expect([hub.metrics.clients(), one.closed]).toEqual([1, []]);
    const again = hub.sweep();
    (await asked(2)).answer(true);
    await again;
    expect(hub.metrics.clients()).toBe(1);
  });

  it('are all told that the gateway stops, also those that are being asked about', async () => {
    const one = await listen('a');
    const swept = hub.sweep();
    const question = await asked(1);
    hub.close();
    question.answer(false);
    await swept;
    await until('it to be closed', () => one.closed.length > 0);
    expect(one.closed).toEqual([1001]);
  });
});
