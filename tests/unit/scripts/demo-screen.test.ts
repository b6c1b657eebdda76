import { PassThrough } from 'node:stream';
import { describe, expect, test, vi } from 'vitest';
import { readKeys } from '../../../scripts/demo/province/keys.ts';
import { columnsOf, cutTo, flow, wrap } from '../../../scripts/demo/screen/columns.ts';
import { createLiveScreen } from '../../../scripts/demo/screen/live-screen.ts';
import { describeScene, type Scene } from '../../../scripts/demo/screen/province-board.ts';
import { conclude } from '../../../scripts/demo/screen/province-words.ts';

describe('room on a terminal', () => {
  test('a Chinese character takes two columns', () => {
    expect(columnsOf('网关 A：1')).toBe(9);
    expect(cutTo('网关 A', 3)).toBe('网');
    expect(cutTo('网关 A', 6)).toBe('网关 A');
  });

  test('cells stand side by side as long as there is room, and none is cut beside another', () => {
    expect(flow(['网关', 'gateway', 'x'], 13, '  ')).toEqual(['网关  gateway', 'x']);
    expect(flow(['网关', 'gateway', 'x'], 12, '  ')).toEqual(['网关', 'gateway  x']);
    expect(flow(['gateway'], 4, '  ')).toEqual(['gate']);
  });

  test('what is told is broken between words', () => {
    expect(wrap('✗ 网关 A 已停止 ended', 12)).toEqual(['✗ 网关 A', '  已停止', '  ended']);
    expect(wrap('  http://127.0.0.1', 8).at(-1)).toBe('  http://127.0.0.1');
  });
});

/** What a terminal shows after these bytes: enough of one for lines that go up and are erased. */
function shownAfter(bytes: string): string[] {
  const lines = [''];
  for (const [part] of bytes.replaceAll('\x1b', '⎋').matchAll(/⎋\[\d*[AJ]|\r|\n|[^⎋\r\n]+/g)) {
    const up = /^⎋\[(\d+)A$/.exec(part);
    if (up) lines.length = Math.max(1, lines.length - Number(up[1]));
    else if (part === '\n') lines.push('');
    else if (part === '⎋[J') lines[lines.length - 1] = '';
    else if (part !== '\r') lines[lines.length - 1] += part;
  }
  return lines;
}

describe('the screen of the province', () => {
  const screenOf = (isTTY: boolean, columns = 60) => {
    const written: string[] = [];
    const out = { isTTY, columns, write: (text: string) => written.push(text) > 0 };
    return { screen: createLiveScreen(out), shown: () => shownAfter(written.join('')), written };
  };
  const board = (digest: string) => ({ rows: [[digest, 'thanked 1'], ['keys']], digest });

  test('on a terminal, what is told comes above what stays', () => {
    const { screen, shown } = screenOf(true);
    screen.tell('begun');
    screen.show(board('A is up'));
    screen.show(board('A is down'));
    screen.tell('A ended');
    expect(shown()).toEqual(['begun', 'A ended', '', '  A is down    thanked 1', '  keys', '']);
    screen.freeze();
    screen.show(board('A is up'));
    screen.tell('the end');
    expect(shown().slice(-3)).toEqual(['  keys', 'the end', '']);
  });

  test('elsewhere it is said once a change', () => {
    const { screen, written } = screenOf(false);
    for (const digest of ['A is up', 'A is up', 'A is down']) screen.show(board(digest));
    expect(written).toEqual(['  A is up\n', '  A is down\n']);
  });

  const scene: Scene = {
    gateways: [
      { letter: 'A', isUp: true },
      { letter: 'B', isUp: false },
    ],
    sight: { terminals: { A: 24, B: null }, stored: 98 },
    database: { primary: 2, isUp: true, standby: 'follows' },
    hasBalancer: true,
    fleet: { terminals: 24, served: 24, thanked: 100, acked: 98 },
    hasKeyboard: true,
  };

  test('says what is up, who is primary, and what is thanked and not stored yet', () => {
    const text = describeScene(scene).rows.flat().join('\n');
    expect(text).toContain('gateway A: 24 终端');
    expect(text).toContain('gateway B: down 停止');
    expect(text).toContain('primary: PostgreSQL 2');
    expect(text).toContain('synchronous 同步: PostgreSQL 1');
    expect(text).toContain('on their way 2');
    expect(text).toContain('kill -9');
    expect(
      describeScene({ ...scene, hasKeyboard: false })
        .rows.flat()
        .join(),
    ).not.toContain('kill -9');
  });

  test('concludes by what was counted, and calls nothing stored that was not', () => {
    expect(conclude({ thanked: 10, acked: 9, stored: 10 })).toMatch(/10 votes so far: 10 are stored\.$/);
    expect(conclude({ thanked: 10, acked: 9, stored: 9 })).toContain('9 are stored, 1 wait');
    expect(conclude({ thanked: 10, acked: 9, stored: null })).toContain('the database is not there');
  });
});

test('each key does its own, whatever piles up', () => {
  const input = new PassThrough();
  const acts = {
    vote: vi.fn(),
    killGateway: vi.fn(),
    killPrimary: vi.fn(),
    startAgain: vi.fn(),
    end: vi.fn(),
  };
  const giveBack = readKeys(input, acts);
  input.emit('data', Buffer.from('12x3aBpr'));
  expect(acts.vote.mock.calls).toEqual([['1'], ['2'], ['3']]);
  expect(acts.killGateway.mock.calls).toEqual([['A'], ['B']]);
  expect(acts.killPrimary).toHaveBeenCalledOnce();
  expect(acts.startAgain).toHaveBeenCalledOnce();
  expect(acts.end).not.toHaveBeenCalled();
  giveBack();
  input.emit('data', Buffer.from('q'));
  expect(acts.end).not.toHaveBeenCalled();
});
