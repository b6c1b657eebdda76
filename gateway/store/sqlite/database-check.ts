/** The check of the one file, for whoever is at the machine. */
import { dirname } from 'node:path';
import type { DatabaseCheck } from '../check.ts';
import { claimDataDir } from '../claim.ts';
import { checkHistory } from '../sql/history/compare.ts';
import { createPlaceBook } from '../sql/history/place-book.ts';
import { checkBesideVotes, checkVotes } from '../sql/number-check.ts';
import { checkDatabase, damageFailure } from './check.ts';
import { failure, openForReading, refuseMissing } from './database.ts';
import { createExclusive } from './exclusive.ts';
import { SCHEMA_VERSION } from './migrate.ts';
import { createSqliteSql } from './sql-dialect.ts';

/** @param repairs keeps gateways from the folder until it is closed. @throws StoreFailure `storage-missing`, `data-in-use`. */
export function openSqliteCheck(file: string, { repairs }: { repairs: boolean }): DatabaseCheck {
  refuseMissing(file);
  const claim = repairs ? claimDataDir(dirname(file)) : null;
  return {
    async check(progress) {
      const report = checkDatabase(file);
      if (report.damage.length > 0) throw damageFailure(file, report.damage);
      progress(0.5);
      const rest = report.schemaVersion === SCHEMA_VERSION ? await checkRest(file) : NOT_LOOKED_AT;
      progress(1);
      return { ...report, ...rest };
    },
    close: async () => claim?.release(),
  };
}

const NOT_LOOKED_AT = { numbers: null, history: null };

async function checkRest(file: string) {
  const db = openForReading(file);
  try {
    const deps = {
      connection: () => db,
      exclusive: createExclusive(),
      translate: failure,
      auditKey: () => null,
    };
    const { queries } = createSqliteSql(deps);
    const numbers = [...(await checkVotes(queries)).faults, ...(await checkBesideVotes(queries))];
    const history = await checkHistory({
      places: createPlaceBook(),
      async inOneMoment(act) {
        db.exec('BEGIN');
        const found = await act(queries);
        db.exec('COMMIT');
        return found;
      },
    });
    return { numbers, history };
  } finally {
    db.close();
  }
}
