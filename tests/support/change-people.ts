/** Changes of people by a test, each with a line of the audit as every change has one. */
import type { By } from '../../gateway/store/changes.ts';
import type { AccountRecord, PeopleStore, PeopleTx } from '../../gateway/store/people.ts';

const BY: By = { actor: { kind: 'cli', user: 'test' }, origin: 'local' };

export function change(people: PeopleStore, act: (tx: PeopleTx) => Promise<void>): Promise<void> {
  return people.change(async (tx) => {
    await act(tx);
    return tx.audited(
      { by: BY, action: 'test.change', target: { kind: 'account', name: 'test' } },
      undefined,
    );
  });
}

export function addAccount(people: PeopleStore, account: AccountRecord): Promise<void> {
  return change(people, (tx) => tx.addAccount(account));
}
