/** Sums over long spans, on PostgreSQL: what is read and what is folded each sees one moment, and neither waits for a commit. */
import { QUARTER_MS } from '../../domain/calendar.ts';
import { StoreFailure } from '../failures.ts';
import type { HistoryFolding, HistoryStore, WindowHistory } from '../history.ts';
import type { ChannelCode } from '../ledger.ts';
import { createPause } from '../pause.ts';
import { keptByChannel, keptOfWindows } from '../sql/history/fold.ts';
import { createFolding } from '../sql/history/folding.ts';
import { partsWithin } from '../sql/history/parts.ts';
import { foldedPieces } from '../sql/history/pieces.ts';
import { createPlaceBook, type PlaceBook } from '../sql/history/place-book.ts';
import type { Places, QuarterSpan } from '../sql/history/places.ts';
import {
  ALL,
  createWindowSums,
  EXCLUDED,
  type PartSum,
  rowsOf,
  type WindowSums,
} from '../sql/history/sums.ts';
import { createConnection, type Transaction } from './connection.ts';
import { arrayOf } from './numbers.ts';
import { queriesIn } from './queries.ts';
import { HOLD_VOTES } from './votes-lock.ts';

export type PostgresHistoryOptions = {
  /** `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`, see `SessionOptions`. */
  address: string;
  /** Connections that read beside each other. */
  readers?: number;
  timeoutMs?: number;
  connectTimeoutMs?: number;
};

export type PostgresHistory = HistoryStore &
  HistoryFolding & {
    /** What was begun is ended first. */
    close(): Promise<void>;
  };

const ATTEMPTS = 5;
/** What its statements see is as it was at the first of them. */
export const ONE_MOMENT = 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ';

/** Connects when it is first asked, and anew after every failure; the schema must be there (`migrate`). */
export function createPostgresHistory(options: PostgresHistoryOptions): PostgresHistory {
  const { address, timeoutMs = 60_000, connectTimeoutMs = 5_000 } = options;
  const connect = (label: string, begin: string) =>
    createConnection({ address, label: `manyi ${label}`, timeoutMs, connectTimeoutMs, begin });
  const readers = Array.from({ length: options.readers ?? 2 }, (_, index) => ({
    connection: connect(`history ${index}`, `${ONE_MOMENT}, READ ONLY`),
    waiting: 0,
  }));
  const folding = connect('folding', ONE_MOMENT);
  const holding = connect('folding holds', HOLD_VOTES);
  const places = createPlaceBook();
  const { isDue, fold } = createFolding({
    ...{ queries: queriesIn(folding), places },
    inOneMoment: (act) => folding.transaction((transaction) => act(queriesIn(transaction))),
    holdingVotes: (act) => holding.transaction((transaction) => act(queriesIn(transaction))),
  });
  const inOneMoment = async <Found>(read: (transaction: Transaction) => Promise<Found>): Promise<Found> => {
    const reader = readers.reduce((least, one) => (one.waiting < least.waiting ? one : least));
    reader.waiting += 1;
    try {
      return await reader.connection.transaction(read);
    } finally {
      reader.waiting -= 1;
    }
  };
  return {
    async sums(of, bounds) {
      const quarters = bounds.map(quarterOf);
      const found = await inOneMoment((transaction) =>
        'unitKey' in of
          ? readUnit(transaction, places, of.unitKey, quarters)
          : readWindow(transaction, of.windowKey, quarters),
      );
      return found.map(rowsOf);
    },
    windows: (bounds, channel) =>
      inOneMoment((transaction) => readWindows(transaction, bounds.map(quarterOf), channel)),
    parts: (of, span, daysIn) =>
      inOneMoment(async (transaction) => {
        const queries = queriesIn(transaction);
        const addSums = (windowKeys: readonly number[], within: QuarterSpan, sums: WindowSums) =>
          addWindows(transaction, windowKeys, within, sums);
        const pause = createPause();
        return partsWithin({ queries, places: await places(queries), addSums, pause }, of, span, daysIn);
      }),
    isDue,
    async fold(now) {
      for (let left = ATTEMPTS; ; left--) {
        try {
          return await fold(now);
        } catch (error) {
          if (left <= 1 || !isInterrupted(error)) throw error;
        }
      }
    },
    async close() {
      await Promise.all(
        [folding, holding, ...readers.map(({ connection }) => connection)].map((one) => one.close()),
      );
    },
  };
}

/** Another gateway, or a change of the tree, was at it. */
const isInterrupted = (error: unknown) =>
  error instanceof StoreFailure && error.code === 'database-interrupted';

const quarterOf = (atMs: number) => Math.floor(atMs / QUARTER_MS);

type Row = {
  place: number;
  channel: number;
  part: number;
  satisfied: number;
  basically: number;
  unsatisfied: number;
};
type Sums = PartSum[][];

const SUMS =
  'sum(satisfied)::int8 AS satisfied, sum(basically)::int8 AS basically, sum(unsatisfied)::int8 AS unsatisfied';

/** A piece at a time, through the key: the order of the join is not left to the planner. */
const FOLDED = `
  SELECT p.place, h.* FROM unnest($2::int4[], $3::int2[], $4::int4[], $5::int4[]) AS p (place, span, from_quarter, end_quarter)
  CROSS JOIN LATERAL (
    SELECT channel, part, ${SUMS} FROM history
    WHERE unit_key = $1 AND span = p.span AND quarter >= p.from_quarter AND quarter < p.end_quarter GROUP BY channel, part) AS h`;

/** The place of a quarter of an hour among the bounds, counted from 0. */
const PLACE = 'width_bucket(quarter, $1::int4[]) - 1 AS place';
const IN_QUARTERS = 'quarter >= $3::int4 AND quarter < $4::int4';
/**
 * All that there is of these quarters of an hour is read, and windows are looked up among those that are asked for: by an array of thousands
 * the planner would estimate every table and each of its parts, which takes three times as long as to read them.
 */
const ofMany = (kept: string) => `
  SELECT ${PLACE}, channel, part, ${SUMS} FROM (${kept}) AS k JOIN unnest($2::int4[]) AS w (key) ON w.key = k.window_key + 0 GROUP BY 1, 2, 3`;
const LATE = ofMany(`SELECT * FROM history_late WHERE ${IN_QUARTERS}`);
const OF_MANY = ofMany(keptOfWindows(IN_QUARTERS));
/** Of more windows than these, to look each of them up takes ten times as long. */
const FEW_WINDOWS = 64;
const WITHIN = `${IN_QUARTERS} AND window_key = ANY ($2::int4[])`;
const OF_FEW = `
  SELECT ${PLACE}, 0 AS channel, ${ALL} AS part, ${SUMS} FROM rollups WHERE ${WITHIN} GROUP BY 1
  UNION ALL SELECT ${PLACE}, 0, verdict, ${SUMS} FROM discounted WHERE ${WITHIN} GROUP BY 1, verdict
  UNION ALL SELECT ${PLACE}, 0, ${EXCLUDED}, ${SUMS} FROM excluded WHERE ${WITHIN} GROUP BY 1
  UNION ALL SELECT ${PLACE}, channel, part, ${SUMS} FROM apart WHERE ${WITHIN} GROUP BY 1, 2, 3`;
/** A journal at a time, through the key: there is no index by windows, and a planner would rather read the whole table. */
const besideKept = (table: string) => `
  SELECT x.* FROM (SELECT DISTINCT source_key FROM kept) AS j CROSS JOIN LATERAL (
    SELECT * FROM ${table} WHERE source_key = j.source_key AND quarter >= $3::int4 AND quarter < $4::int4 AND window_key = $2::int4 OFFSET 0) AS x`;
const OF_WINDOW = `
  WITH kept AS MATERIALIZED (
    SELECT source_key, quarter, satisfied, basically, unsatisfied FROM rollups
    WHERE window_key = $2::int4 AND quarter >= $3::int4 AND quarter < $4::int4)
  SELECT ${PLACE}, 0 AS channel, ${ALL} AS part, ${SUMS} FROM kept GROUP BY 1
  UNION ALL SELECT ${PLACE}, 0, verdict, ${SUMS} FROM (${besideKept('discounted')}) AS beside GROUP BY 1, verdict
  UNION ALL SELECT ${PLACE}, 0, ${EXCLUDED}, ${SUMS} FROM (${besideKept('excluded')}) AS beside GROUP BY 1
  UNION ALL SELECT ${PLACE}, channel, part, ${SUMS} FROM apart
    WHERE window_key = $2::int4 AND quarter >= $3::int4 AND quarter < $4::int4 GROUP BY 1, 2, 3`;
const PARTS = `SELECT k.window_key AS "windowKey", channel, part, ${SUMS}`;
const BETWEEN = 'quarter >= $2::int4 AND quarter < $3::int4';
const PARTS_OF_MANY = `
  ${PARTS} FROM (${keptOfWindows(BETWEEN)}) AS k JOIN unnest($1::int4[]) AS w (key) ON w.key = k.window_key + 0 GROUP BY 1, 2, 3`;
const PARTS_OF_FEW = `
  ${PARTS} FROM (${keptOfWindows(`${BETWEEN} AND window_key = ANY ($1::int4[])`)}) AS k GROUP BY 1, 2, 3`;
const STATE = {
  text: `SELECT folded_until AS "foldedUntil",
    EXISTS (SELECT FROM history_late WHERE quarter >= $1::int4 AND quarter < least($2::int4, folded_until)) AS "isLate" FROM history_state`,
};

async function readWindows(
  { rows }: Transaction,
  bounds: readonly number[],
  channel: ChannelCode,
): Promise<WindowHistory[][]> {
  const sums = bounds.slice(1).map(createWindowSums);
  const found = await rows<Row & { windowKey: number }>({
    text: `
      SELECT ${PLACE}, window_key AS "windowKey", channel, part, ${SUMS}
      FROM (${keptByChannel(channel, 'quarter >= $2::int4 AND quarter < $3::int4')}) AS kept GROUP BY 1, 2, 3, 4`,
    values: [arrayOf(bounds), bounds[0] ?? 0, bounds.at(-1) ?? 0],
  });
  for (const { place, windowKey, satisfied, basically, unsatisfied, ...of } of found)
    sums[place]?.add(windowKey, { ...of, counts: [satisfied, basically, unsatisfied] });
  return sums.map((one) => one.of(channel));
}

async function addWindows(
  { rows }: Transaction,
  windowKeys: readonly number[],
  { from, end }: QuarterSpan,
  sums: WindowSums,
): Promise<void> {
  const text = windowKeys.length <= FEW_WINDOWS ? PARTS_OF_FEW : PARTS_OF_MANY;
  const found = await rows<Omit<Row, 'place'> & { windowKey: number }>({
    text,
    values: [arrayOf(windowKeys), from, end],
  });
  for (const { windowKey, satisfied, basically, unsatisfied, ...of } of found)
    sums.add(windowKey, { ...of, counts: [satisfied, basically, unsatisfied] });
}

const nothing = (bounds: readonly number[]): Sums => bounds.slice(1).map(() => []);

function add(sums: Sums, rows: readonly Row[]): void {
  for (const { place, channel, part, satisfied, basically, unsatisfied } of rows)
    sums[place]?.push({ channel, part, counts: [satisfied, basically, unsatisfied] });
}

const all = (bounds: readonly number[]): QuarterSpan => ({ from: bounds[0] ?? 0, end: bounds.at(-1) ?? 0 });

async function readWindow(
  { rows }: Transaction,
  windowKey: number,
  bounds: readonly number[],
): Promise<Sums> {
  const sums = nothing(bounds);
  const { from, end } = all(bounds);
  add(sums, await rows<Row>({ text: OF_WINDOW, values: [arrayOf(bounds), windowKey, from, end] }));
  return sums;
}

async function readUnit(
  transaction: Transaction,
  book: PlaceBook,
  unitKey: number,
  bounds: readonly number[],
): Promise<Sums> {
  const { rows } = transaction;
  const sums = nothing(bounds);
  const { from, end } = all(bounds);
  const [state] = await rows<{ foldedUntil: number; isLate: boolean }>({ ...STATE, values: [from, end] });
  const { foldedUntil, isLate } = state ?? { foldedUntil: 0, isLate: false };
  const pieces = [...foldedPieces(bounds, foldedUntil)];
  if (pieces.length > 0) {
    const columns = (['place', 'span', 'from', 'end'] as const).map((name) =>
      arrayOf(pieces.map((piece) => piece[name])),
    );
    add(sums, await rows<Row>({ text: FOLDED, values: [unitKey, ...columns] }));
  }
  const readStands = async (textFor: (windows: number) => string, places: Places, within: QuarterSpan) => {
    if (within.from >= within.end) return;
    for (const { windowKeys, ...stand } of places.windowsUnder(unitKey, within)) {
      const values = [arrayOf(bounds), arrayOf(windowKeys), stand.from, stand.end];
      add(sums, await rows<Row>({ text: textFor(windowKeys.length), values }));
    }
  };
  if (!isLate && end <= foldedUntil) return sums;
  const places = await book(queriesIn(transaction));
  if (isLate) await readStands(() => LATE, places, { from, end: Math.min(end, foldedUntil) });
  await readStands((windows) => (windows <= FEW_WINDOWS ? OF_FEW : OF_MANY), places, {
    from: Math.max(from, foldedUntil),
    end,
  });
  return sums;
}
