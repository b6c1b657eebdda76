/** What comes in from outside, before anything is stored. */
import { describe, expect, it } from 'vitest';
import { isAllowedOrigin } from '../../../gateway/api/border/origin.ts';
import { readConfig } from '../../../gateway/config.ts';
import { createTokenBuckets } from '../../../gateway/domain/token-buckets.ts';
import { parseVotes } from '../../../gateway/ingest/parse-votes.ts';
import { createHeaderWalk } from '../../../gateway/mqtt/packet-limit.ts';
import { ConfigError } from '../../../protocol/process/settings.ts';

const EPOCH = 'ab'.repeat(16);
const vote = (seq: number, change: object = {}) => ({
  seq,
  rating: 'satisfied',
  at: 1_795_000_000_000,
  clock: 'ntp',
  boot: 'b-1',
  mono: seq,
  ...change,
});
const message = (votes: unknown[], change: object = {}) =>
  Buffer.from(
    JSON.stringify({
      epoch: EPOCH,
      votes,
      totals: { satisfied: 1, basically: 0, unsatisfied: 0 },
      ...change,
    }),
  );

describe('a votes message', () => {
  it('is taken whole when it is good', () => {
    const parsed = parseVotes(message([vote(1), vote(2)]));
    expect(parsed).toMatchObject({ ok: true, bad: [] });
  });

  it.each([
    ['json-invalid', Buffer.from('{"epoch":')],
    ['json-invalid', Buffer.from([0xff, 0xfe, 0x00])],
    ['payload-too-large', Buffer.alloc(16 * 1024 + 1, 0x20)],
    ['schema-invalid', Buffer.from('null')],
    ['schema-invalid', Buffer.from('[]')],
    ['schema-invalid', message([])],
    ['schema-invalid', message(Array.from({ length: 65 }, (_, at) => vote(at + 1)))],
    ['schema-invalid', message([vote(1)], { epoch: 'short' })],
    ['schema-invalid', message([vote(0)])],
    ['schema-invalid', message([vote(1.5)])],
    ['schema-invalid', message([{ ...vote(1), seq: '1' }])],
    ['schema-invalid', message([vote(1)], { extra: 1 })],
    ['sequence-backwards', message([vote(2), vote(1)])],
    ['sequence-backwards', message([vote(2), vote(2)])],
  ])('is refused as %s', (reason, payload) => {
    expect(parseVotes(payload)).toEqual({ ok: false, reason });
  });

  it('loses no good vote to a bad neighbour', () => {
    const parsed = parseVotes(
      message([
        vote(1),
        vote(2, { rating: 'excellent' }),
        vote(3, { at: -1 }),
        vote(4, { extra: 1 }),
        vote(5),
      ]),
    );
    if (!parsed.ok) throw new Error(parsed.reason);
    expect(parsed.message.votes.map(({ seq }) => seq)).toEqual([1, 5]);
    expect(parsed.bad.map(({ seq, reason }) => [seq, reason])).toEqual([
      [2, 'rating-unknown'],
      [3, 'vote-invalid'],
      [4, 'vote-invalid'],
    ]);
  });
});

describe('the packet limit', () => {
  const packet = (bytes: number) => {
    const length = [];
    for (let left = bytes; ; ) {
      length.push(left > 127 ? (left % 128) | 128 : left);
      left = Math.floor(left / 128);
      if (left === 0) break;
    }
    return Buffer.concat([Buffer.from([0x30, ...length]), Buffer.alloc(bytes)]);
  };

  it('sees the size in the header, wherever the chunks are cut', () => {
    const stream = Buffer.concat([packet(0), packet(5), packet(300), packet(1_000)]);
    for (let size = 1; size <= 7; size++) {
      const good = createHeaderWalk(1_000).take;
      const bad = createHeaderWalk(999).take;
      const verdicts = { good: true, bad: true };
      for (let from = 0; from < stream.length; from += size) {
        verdicts.good &&= good(stream.subarray(from, from + size));
        verdicts.bad &&= bad(stream.subarray(from, from + size));
      }
      expect(verdicts).toEqual({ good: true, bad: false });
    }
  });

  it('refuses at once, not when the body has come', () => {
    expect(createHeaderWalk(17_408).take(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]))).toBe(false);
  });

  it('refuses a length of more than four bytes', () => {
    expect(createHeaderWalk(1e9).take(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x01]))).toBe(false);
  });
});

describe('token buckets', () => {
  it('let a burst through, then a steady rate, each key for itself', () => {
    const buckets = createTokenBuckets(10, 5);
    const now = 1_000_000;
    for (let taken = 0; taken < 5; taken++) expect(buckets.takeOnCredit(1, now, 2)).toBe(0);
    expect(buckets.takeOnCredit(1, now, 2)).toBeCloseTo(100);
    expect(buckets.takeOnCredit(1, now, 2)).toBeCloseTo(200);
    expect(buckets.takeOnCredit(1, now, 2)).toBeNull();
    expect(buckets.takeOnCredit(2, now, 2)).toBe(0);
    expect(buckets.takeOnCredit(1, now + 100, 2)).toBeCloseTo(200);
    expect(buckets.takeOnCredit(1, now + 10_000, 2)).toBe(0);
  });
  it('give nothing on credit when asked so', () => {
    const buckets = createTokenBuckets(1, 2);
    expect([1, 2, 3].map(() => buckets.take(7, 0))).toEqual([true, true, false]);
    expect(buckets.take(7, 1_000)).toBe(true);
  });
});

describe('the Origin check', () => {
  it.each([
    [undefined, 'wall:8080', true],
    ['http://wall:8080', 'wall:8080', true],
    ['http://evil.example', 'wall:8080', false],
    ['http://wall:8080.evil.example', 'wall:8080', false],
    ['null', 'wall:8080', false],
    ['https://ok.example', 'wall:8080', true],
  ])('%s at %s: %s', (origin, host, allowed) => {
    expect(isAllowedOrigin(origin, host, ['https://ok.example'])).toBe(allowed);
  });
});

describe('configuration', () => {
  it('tells all mistakes at once', () => {
    const read = () =>
      readConfig({
        MANYI_HTTP_PORT: '80800',
        MANYI_TIME_ZONE: 'Mars/Base',
        MANYI_WEIGHTS: '100,60',
        MANYI_LOG_LEVEL: 'x',
      });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(
      /MANYI_HTTP_PORT=80800.*\n.*MANYI_TIME_ZONE.*\n.*MANYI_WEIGHTS.*\n.*MANYI_LOG_LEVEL/,
    );
  });
  it('has defaults that hold', () => {
    const config = readConfig({});
    expect(config).toMatchObject({
      httpPort: 8080,
      mqttHost: '0.0.0.0',
      mqttPort: 8883,
      hostNames: [],
      certificateDays: 365,
      timeZone: 'Asia/Shanghai',
      targetRate: 0.85,
    });
    expect(Object.isFrozen(config)).toBe(true);
  });
});
