/** The check of the one file, for whoever is at the machine. */
import { dirname } from 'node:path';
import type { DatabaseCheck } from '../check.ts';
import { claimDataDir } from '../claim.ts';
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
      const numbers = report.schemaVersion === SCHEMA_VERSION ? await checkNumbers(file) : null;
      progress(1);
      return { ...report, numbers };
    },
    close: async () => claim?.release(),
  };
}

async function checkNumbers(file: string) {
  const db = openForReading(file);
  try {
    const deps = {
      connection: () => db,
      exclusive: createExclusive(),
      translate: failure,
      auditKey: () => null,
    };
    const { queries } = createSqliteSql(deps);
    return [...(await checkVotes(queries)).faults, ...(await checkBesideVotes(queries))];
  } finally {
    db.close();
  }
}
