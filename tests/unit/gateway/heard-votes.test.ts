/** Of votes that another gateway has stored, no journal is asked for those of an origin, and no verdict is doubted. */
import { afterEach, expect, it } from 'vitest';
import type { StoredVote } from '../../../gateway/store/neighbours.ts';
import { createIngestSide, NOW } from '../../support/ingest-side.ts';
import { liveVerdicts } from '../../support/live-verdicts.ts';
import { createStoreHome } from '../../support/store.ts';

const home = createStoreHome();
afterEach(() => home.dispose());

it('are read again by journals alone', async () => {
  const store = home.open();
  const heard: number[] = [];
  const { ingest } = await createIngestSide(store, {
    verdicts: {
      ...liveVerdicts(),
      heard(vote) {
        heard.push(vote.windowKey);
        return null;
      },
    },
  });
  const vote = (journalKey: number, windowKey: number): StoredVote => ({
    ...{ journalKey, seq: 1, windowKey, rating: 0, at: NOW },
  });
  expect(ingest.storedElsewhere([vote(-1, 1), vote(7, 2), vote(-2, 3)])).toEqual(new Set([7]));
  expect(heard).toEqual([2]);
  ingest.stop();
  store.close();
});
