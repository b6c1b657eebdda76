/** A decision of a person, as the command line would write it. */
import type { By } from '../../gateway/store/changes.ts';
import type { ReviewStore, ReviewTx } from '../../gateway/store/review.ts';

const BY: By = { actor: { kind: 'cli', user: 'test' }, origin: 'local' };

export function decide<T>(review: ReviewStore, act: (tx: ReviewTx) => Promise<T>): Promise<T> {
  return review.change(async (tx) => {
    const result = await act(tx);
    return tx.audited({ by: BY, action: 'test.decide', target: { kind: 'votes' } }, result);
  });
}
