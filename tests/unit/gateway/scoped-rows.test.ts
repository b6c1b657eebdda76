/** A subtree's stream tells rows that have changed, and nobody of the moment of a vote that changed none of theirs. */
import { expect, it } from 'vitest';
import { createCalendar } from '../../../gateway/domain/calendar.ts';
import { buildTree } from '../../../gateway/domain/org.ts';
import { ScoreBook } from '../../../gateway/domain/score-book.ts';
import type { CityChange } from '../../../gateway/live/feed.ts';
import { createPlaces } from '../../../gateway/live/places.ts';
import { createScopedStream } from '../../../gateway/live/scoped-stream.ts';
import type { LiveRow, Snapshot } from '../../../protocol/live.ts';
import { figures } from '../../support/figures.ts';

const tree = buildTree(
  [
    { key: 1, id: 'city', parentId: null, name: '市' },
    { key: 2, id: 'east', parentId: 'city', name: '东' },
  ],
  [{ key: 1, id: 'w1', unitId: 'east', name: '一号' }],
  [],
);
const row = (id: string, votes: number) => ({ id, parentId: 'city', votes }) as unknown as LiveRow;

it('tells a row that has changed, once, and none that is as it was last told', async () => {
  let city = { unit: row('east', 1), window: row('w1', 1) };
  const stream = createScopedStream({
    ...{ unitId: 'east', tree: () => tree, book: new ScoreBook(createCalendar('Asia/Shanghai')) },
    snapshot: () => ({ units: [city.unit], windows: [city.window], trend: [] }) as unknown as Snapshot,
    countsOf: () => ({ satisfied: 0, basically: 0, unsatisfied: 0 }),
    places: createPlaces(figures),
    readLatest: async (_windows, take) => take([]),
  });
  await stream.ready;
  const told = () => {
    const change = stream.narrow({
      units: new Map([['east', city.unit]]),
      windows: new Map([['w1', city.window]]),
      ...{ places: new Map(), trend: new Map(), ticker: [], votes: [], placesAreDue: false },
    } as unknown as CityChange);
    return change && [...change.units.keys(), ...change.windows.keys()];
  };
  expect([told(), stream.revision()]).toEqual([null, 0]);
  city = { ...city, unit: row('east', 2) };
  expect([told(), told(), stream.revision()]).toEqual([['east'], null, 1]);

  // Whoever comes now has it already, and the others have not; nor has the one who came what it is when it goes back.
  city = { ...city, window: row('w1', 2) };
  stream.snapshot();
  city = { ...city, window: row('w1', 1) };
  expect([told(), told()]).toEqual([['w1'], null]);
  city = { ...city, window: row('w1', 2) };
  stream.snapshot();
  expect([told(), told()]).toEqual([['w1'], null]);

  stream.replaced();
  city = { ...city, unit: row('east', 3) };
  stream.snapshot();
  expect(told()).toBeNull();
});
