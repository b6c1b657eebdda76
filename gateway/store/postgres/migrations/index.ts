/** What PostgreSQL begins with: what SQLite came to in seven steps. What comes later is written for both (../../sql/migrations). */
import { beginning } from '../../sql/migrations/beginning.ts';
import { type Migration, POSTGRES } from '../../sql/migrations/flavour.ts';
import { BEGINNING, MIGRATIONS } from '../../sql/migrations/index.ts';
import { AUDIT_GUARD } from './audit-guard.ts';
import { LEDGER } from './ledger.ts';

/** Never change one that has shipped. */
const BEGIN: Migration = {
  name: 'beginning',
  statements: (flavour) => [...beginning(flavour), LEDGER, AUDIT_GUARD],
};

/** Numbered as SQLite's are, so that a schema has one number whatever it lies in. */
export function stepsAfter(version: number, later: readonly Migration[] = MIGRATIONS) {
  return [BEGIN, ...later]
    .map(({ name, statements }, index) => ({
      number: BEGINNING + index,
      name,
      statements: () => statements(POSTGRES),
    }))
    .filter(({ number }) => number > version);
}
