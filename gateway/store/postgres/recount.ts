/** What a recount reads, from the server, on a connection of its own for each window: no gateway waits for it. */
import type { RecountReads } from '../recount.ts';
import {
  RULES,
  type RulesRow,
  rulesOf,
  type Select,
  STANDS,
  UNITS,
  WINDOWS,
  windowParts,
  ZONES,
} from '../sql/recount-selects.ts';
import { createConnection } from './connection.ts';
import { openReading, type Reading } from './cursor.ts';
import { assertMigrated } from './migrate.ts';

/** For a page of a window's votes; the first comes when all are sorted. */
const PAGE_MS = 10 * 60_000;
const PAGE = 5_000;

/** Connects when it is first asked. */
export function openPostgresRecount({ address }: { address: string }): RecountReads {
  const link = { address, label: 'manyi recount', connectTimeoutMs: 5_000, timeoutMs: PAGE_MS };
  const looking = createConnection(link);
  const reading = async <T>(read: (one: Reading) => Promise<T>): Promise<T> => {
    const one = await openReading(link, 'REPEATABLE READ');
    try {
      return await read(one);
    } finally {
      await one.close();
    }
  };
  return {
    async plan() {
      await assertMigrated(looking);
      return reading(async ({ rows }) => ({
        units: await allOf<never>(rows(UNITS)),
        windows: await allOf<never>(rows(WINDOWS)),
        stands: await allOf<never>(rows(STANDS)),
        zones: await allOf<never>(rows(ZONES)),
        rules: (await allOf<RulesRow>(rows(RULES))).map(rulesOf),
      }));
    },
    window: (windowKey, read) =>
      reading(({ rows }) => {
        const select: Select = (text) => pagesOf(rows(text));
        return read(windowParts(windowKey, select));
      }),
    close: () => looking.close(),
  };
}

async function allOf<R>(rows: AsyncIterable<R>): Promise<R[]> {
  const found: R[] = [];
  for await (const row of rows) found.push(row);
  return found;
}

async function* pagesOf<R>(rows: AsyncIterable<R>): AsyncGenerator<R[]> {
  let page: R[] = [];
  for await (const row of rows) {
    page.push(row);
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}
