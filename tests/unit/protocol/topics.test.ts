import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TERMINAL_ID_PATTERN } from '../../../protocol/ids.ts';
import {
  DOWN_KINDS,
  GATEWAY_STATUS_TOPIC,
  isUpKind,
  parseTopic,
  topicOf,
  UP_KINDS,
} from '../../../protocol/topics.ts';

const KINDS = [...UP_KINDS, ...DOWN_KINDS];
const terminalId = fc.stringMatching(new RegExp(TERMINAL_ID_PATTERN)).filter((id) => id !== 'gateway');

describe('topics', () => {
  test('parse gives back what build was given', () => {
    fc.assert(
      fc.property(terminalId, fc.constantFrom(...KINDS), (id, kind) => {
        expect(parseTopic(topicOf(id, kind))).toEqual({ terminalId: id, kind });
      }),
    );
  });

  test('no two terminals share a topic', () => {
    fc.assert(
      fc.property(
        terminalId,
        terminalId,
        fc.constantFrom(...KINDS),
        fc.constantFrom(...KINDS),
        (a, b, k, l) => {
          expect(topicOf(a, k) === topicOf(b, l)).toBe(a === b && k === l);
        },
      ),
    );
  });

  test('whatever else is parsed, it is null or builds the same topic again', () => {
    const piece = fc.oneof(fc.string(), terminalId, fc.constantFrom('manyi', 'v1', '', '+', '#', ...KINDS));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
        const topic = pieces.join('/');
        const parsed = parseTopic(topic);
        if (parsed !== null) expect(topicOf(parsed.terminalId, parsed.kind)).toBe(topic);
      }),
    );
  });

  test.each([
    '',
    '/',
    'manyi',
    'manyi/v1',
    'manyi/v1/t-1',
    'manyi/v1/t-1/',
    'manyi/v1//votes',
    'manyi/v1/t-1/votes/',
    'manyi/v1/t-1/votes/more',
    '/manyi/v1/t-1/votes',
    ' manyi/v1/t-1/votes',
    'manyi/v1/t-1/votes ',
    'manyi/v1/t-1/votes\n',
    'manyi/v1/t-1\n/votes',
    'manyi/v1/t-1\u0000/votes',
    'manyi/v2/t-1/votes',
    'Manyi/v1/t-1/votes',
    'manyi/v1/T-1/votes',
    'manyi/v1/t-1/Votes',
    'manyi/v1/t-1/toString',
    'manyi/v1/t-1/__proto__',
    'manyi/v1/+/votes',
    'manyi/v1/#',
    'manyi/v1/t-1/+',
    'manyi/v1/../votes',
    'manyi/v1/-t/votes',
    'manyi/v1/t/votes',
    `manyi/v1/${'t'.repeat(24)}/votes`,
    'manyi/v1/满意/votes',
    'manyi/v1/gateway/votes',
    'manyi/v1/gateway/ack',
    '$SYS/broker/clients',
    GATEWAY_STATUS_TOPIC,
  ])('%j is no terminal’s topic', (topic) => {
    expect(parseTopic(topic)).toBeNull();
  });

  test('a kind goes up or down, never both', () => {
    for (const kind of UP_KINDS) expect(isUpKind(kind)).toBe(true);
    for (const kind of DOWN_KINDS) expect(isUpKind(kind)).toBe(false);
  });
});
