import { expect, it } from 'vitest';
import { attentionOf } from '../../../gateway/domain/attention.ts';
import type { ScoreRow } from '../../../protocol/score.ts';

type Known = Pick<ScoreRow, 'votes' | 'rate' | 'proof'> &
  Partial<ScoreRow['completeness'] & ScoreRow['terminals']>;

const TARGET = 0.85;
const of = ({ votes, rate, proof, ...known }: Known) => {
  const { online = 1, offline = 0, offlineSince = null, clockApart = 0 } = known;
  const { state = 'complete', pending = 0, held = 0, setAside = 0, lost = 0, since = null } = known;
  const terminals = { online, offline, offlineSince, clockApart };
  return attentionOf(
    { votes, rate, proof, terminals, completeness: { state, pending, held, setAside, lost, since } },
    TARGET,
  );
};
const good = { votes: 400, rate: 0.95, proof: 'meets' } as const;
const bad = { votes: 40, proof: 'fails' } as const;
const none = { votes: 0, rate: null, proof: 'insufficient' } as const;
const silent = { online: 0, offline: 1, offlineSince: 1, since: 1 };

it('goes by the worst that is known, in this order', () => {
  const inOrder: Known[] = [
    { ...bad, rate: 0.2 },
    { ...bad, rate: 0.7, ...silent },
    { ...bad, rate: 0.8499 },
    { ...good, lost: 1, held: 3, state: 'lost' },
    { ...good, held: 1, state: 'held' },
    { ...good, clockApart: 1 },
    { ...good, ...silent },
    { ...none, ...silent },
    { ...good, offline: 1, since: 1 },
  ];
  const found = inOrder.map(of);
  expect(found).toEqual([...new Set(found)].sort((a, b) => b - a));
  expect(found.at(-1)).toBeGreaterThan(0);
  expect(of({ ...good, state: 'mismatch' })).toBe(of({ ...good, lost: 1 }));
  expect(of({ ...good, setAside: 2 })).toBe(of({ ...good, held: 1 }));
});

it('is nothing where nothing is to be done', () => {
  expect(of(good)).toBe(0);
  // Being under the target is not enough: it must be certain.
  expect(of({ votes: 40, rate: 0.7, proof: 'open' })).toBe(0);
  expect(of({ ...good, pending: 3, state: 'pending' })).toBe(0);
  // A handful of votes proves nothing, and a terminal that was never there is no news.
  expect(of({ votes: 9, rate: 0, proof: 'insufficient' })).toBe(0);
  expect(of({ ...none, online: 0, offline: 1, state: 'unknown' })).toBe(0);
});
