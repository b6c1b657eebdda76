/**
 * Sums over long spans, on SQLite. On a connection of its own, whose transaction sees one moment however long it reads: a commit
 * between two of its statements is not in it, and is not held up by it.
 */
import type Database from 'better-sqlite3';
import { QUARTER_MS } from '../../domain/calendar.ts';
import type { HistoryStore, WindowHistory } from '../history.ts';
import type { ChannelCode } from '../ledger.ts';
import { createPause } from '../pause.ts';
import { keptByChannel } from '../sql/history/fold.ts';
import { partsWithin } from '../sql/history/parts.ts';
import { foldedPieces, type Piece, piecesWithin } from '../sql/history/pieces.ts';
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
import type { Queries } from '../sql/sql-database.ts';
import { failure, openForReading } from './database.ts';
import { createExclusive } from './exclusive.ts';
import { createSqliteSql } from './sql-dialect.ts';

/** What is not folded is read so many quarters of an hour at a time. */
const UNFOLDED_AT_ONCE = 96;
/** Of a window, that many: a month. */
const MONTH = 31 * 96;
/** In one statement: so many pieces, and rows for so many spans of time at the most. */
const PIECES_AT_ONCE = 800;
const SPANS_AT_ONCE = 6_000;
/** Fewer windows are looked up one by one. */
const FEW_WINDOWS = 64;
/** Of that many a piece of time each is looked up faster than all that there is in that time is read. */
const LOOKED_UP = 1_000;
/** What is left open between two readings. */
const KEPT_OPEN = 2;

export type SqliteHistory = HistoryStore & { close(): void };

export function createSqliteHistory(file: string): SqliteHistory {
  const places = createPlaceBook();
  let idle: Reader[] = [];
  let isClosed = false;
  const inOneMoment = async <Found>(read: (reader: Reader) => Promise<Found>): Promise<Found> => {
    let reader: Reader | null = null;
    try {
      reader = idle.pop() ?? openReader(file);
      reader.db.exec('BEGIN');
      const found = await read(reader);
      reader.db.exec('COMMIT');
      if (isClosed || idle.length >= KEPT_OPEN) reader.db.close();
      else idle.push(reader);
      return found;
    } catch (error) {
      reader?.db.close();
      throw failure(error);
    }
  };
  return {
    async sums(of, bounds) {
      const quarters = bounds.map(quarterOf);
      const found = await inOneMoment((reader) =>
        'unitKey' in of
          ? readUnit(reader, places, of.unitKey, quarters)
          : readWindow(reader, of.windowKey, quarters),
      );
      return found.map(rowsOf);
    },
    windows: (bounds, channel) =>
      inOneMoment((reader) => readWindows(reader, bounds.map(quarterOf), channel)),
    parts: (of, span, daysIn) =>
      inOneMoment(async (reader) => {
        const pause = createPause();
        const addSums = (windowKeys: readonly number[], within: QuarterSpan, sums: WindowSums) =>
          addWindows(reader, windowKeys, within, { sums, pause });
        const queries = reader.queries;
        return partsWithin({ queries, places: await places(queries), addSums, pause }, of, span, daysIn);
      }),
    close() {
      isClosed = true;
      for (const { db } of idle) db.close();
      idle = [];
    },
  };
}

const quarterOf = (atMs: number) => Math.floor(atMs / QUARTER_MS);

type Raw = [channel: number, part: number, satisfied: number, basically: number, unsatisfied: number];
type Placed = [place: number, ...Raw];
type Reader = ReturnType<typeof openReader>;

const SUMS = 'sum(satisfied), sum(basically), sum(unsatisfied)';
const X_SUMS = 'sum(x.satisfied), sum(x.basically), sum(x.unsatisfied)';
const WITHIN = 'quarter >= @from AND quarter < @end';
const AMONG = 'window_key IN (SELECT value FROM json_each(@windows))';
/** `[place, from, end, span]` of each, which are looked up one after another. */
const PIECES = `(SELECT value ->> 0 AS place, value ->> 1 AS "from", value ->> 2 AS "end", value ->> 3 AS span FROM json_each(@pieces)) p`;
const inPiece = (table: string) => `${table}.quarter >= p."from" AND ${table}.quarter < p."end"`;

function openReader(file: string) {
  const db = openForReading(file);
  const raw = <Row>(text: string) => db.prepare(text).raw() as Database.Statement<unknown[], Row>;
  const ofWindows = (windows: string) =>
    raw<Raw>(`
      SELECT 0, ${ALL}, ${SUMS} FROM rollups WHERE ${windows} AND ${WITHIN}
      UNION ALL SELECT 0, verdict, ${SUMS} FROM discounted WHERE +${AMONG} AND ${WITHIN} GROUP BY verdict
      UNION ALL SELECT 0, ${EXCLUDED}, ${SUMS} FROM excluded WHERE +${AMONG} AND ${WITHIN}
      UNION ALL SELECT channel, part, ${SUMS} FROM apart WHERE ${windows} AND ${WITHIN} GROUP BY channel, part`);
  const besideOf = (table: string) =>
    `FROM ${PIECES} CROSS JOIN rollups r ON r.window_key = @windowKey AND ${inPiece('r')}
     CROSS JOIN ${table} x ON x.source_key = r.source_key AND x.quarter = r.quarter AND x.window_key = r.window_key`;
  const sqlOf = createSqliteSql({
    ...{ connection: () => db, exclusive: createExclusive(), translate: failure, auditKey: () => null },
  });
  return {
    db,
    queries: sqlOf.queries as Queries,
    foldedUntil: db.prepare('SELECT folded_until FROM history_state').pluck(),
    /** Nothing is stored from here on: a period may end in a thousand years. */
    writtenUntil: db.prepare('SELECT coalesce(max(quarter) + 1, 0) FROM rollups').pluck(),
    isLate: db.prepare(`SELECT 1 FROM history_late WHERE ${WITHIN}`).pluck(),
    folded: raw<Placed>(
      `SELECT p.place, channel, part, ${SUMS} FROM ${PIECES}
       CROSS JOIN history h ON h.unit_key = @unitKey AND h.span = p.span AND ${inPiece('h')}
       GROUP BY p.place, channel, part`,
    ),
    late: raw<Raw>(
      `SELECT channel, part, ${SUMS} FROM history_late WHERE +${AMONG} AND ${WITHIN} GROUP BY channel, part`,
    ),
    // All that there is of some quarters of an hour, or what there is of these windows.
    ofMany: ofWindows(`+${AMONG}`),
    ofFew: ofWindows(AMONG),
    /** By window. */
    ofAll: (channel: ChannelCode) =>
      raw<[windowKey: number, ...Raw]>(`
        SELECT window_key, channel, part, ${SUMS} FROM (${keptByChannel(channel, WITHIN)})
        GROUP BY +window_key, channel, part`),
    ofWindow: raw<Placed>(`
      SELECT p.place, 0, ${ALL}, ${SUMS} FROM ${PIECES}
        CROSS JOIN rollups r ON r.window_key = @windowKey AND ${inPiece('r')} GROUP BY p.place
      UNION ALL SELECT p.place, 0, x.verdict, ${X_SUMS} ${besideOf('discounted')} GROUP BY p.place, x.verdict
      UNION ALL SELECT p.place, 0, ${EXCLUDED}, ${X_SUMS} ${besideOf('excluded')} GROUP BY p.place
      UNION ALL SELECT p.place, x.channel, x.part, ${X_SUMS} FROM ${PIECES}
        CROSS JOIN apart x ON x.window_key = @windowKey AND ${inPiece('x')} GROUP BY p.place, x.channel, x.part`),
  };
}

/** Of every window at once: an hour of a city of thousands takes some ten milliseconds. */
const OF_ALL_AT_ONCE = 4;

async function readWindows(
  reader: Reader,
  bounds: readonly number[],
  channel: ChannelCode,
): Promise<WindowHistory[][]> {
  const sums = bounds.slice(1).map(createWindowSums);
  const pause = createPause();
  const statement = reader.ofAll(channel);
  for (const { place, ...span } of piecesWithin(bounds, written(reader, bounds), OF_ALL_AT_ONCE)) {
    for (const [windowKey, came, part, ...counts] of statement.all(span))
      sums[place]?.add(windowKey, { channel: came, part, counts });
    await pause();
  }
  return sums.map((one) => one.of(channel));
}

/** One by one where they are few, else among all that there is, as above. */
async function addWindows(
  reader: Reader,
  windowKeys: readonly number[],
  { from, end }: QuarterSpan,
  { sums, pause }: { sums: WindowSums; pause: () => Promise<void> | void },
): Promise<void> {
  const bounds = [from, end];
  if (windowKeys.length <= LOOKED_UP) {
    for (const windowKey of windowKeys) {
      for (const one of (await readWindow(reader, windowKey, bounds)).flat()) sums.add(windowKey, one);
      await pause();
    }
    return;
  }
  const asked = new Set(windowKeys);
  const statement = reader.ofAll(0);
  for (const piece of piecesWithin(bounds, written(reader, bounds), OF_ALL_AT_ONCE)) {
    for (const [windowKey, channel, part, ...counts] of statement.all(piece))
      if (asked.has(windowKey)) sums.add(windowKey, { channel, part, counts });
    await pause();
  }
}

type Sums = PartSum[][];

const nothing = (bounds: readonly number[]): Sums => bounds.slice(1).map(() => []);

function add(sums: Sums, place: number, rows: readonly Raw[]): void {
  // The sum of no rows is null.
  for (const [channel, part, satisfied, basically, unsatisfied] of rows)
    if (satisfied !== null) sums[place]?.push({ channel, part, counts: [satisfied, basically, unsatisfied] });
}

async function readWindow(reader: Reader, windowKey: number, bounds: readonly number[]): Promise<Sums> {
  const sums = nothing(bounds);
  const pause = createPause();
  for (const pieces of someOf(piecesWithin(bounds, written(reader, bounds), MONTH))) {
    for (const [place, ...row] of reader.ofWindow.all({ windowKey, pieces })) add(sums, place, [row]);
    await pause();
  }
  return sums;
}

/** Some hundred at a time, as JSON. */
function* someOf(pieces: Iterable<Piece & { span?: number }>): Generator<string> {
  let some: number[][] = [];
  let spans = 0;
  for (const { place, from, end, span = 1 } of pieces) {
    some.push([place, from, end, span]);
    spans += (end - from) / span;
    if (some.length < PIECES_AT_ONCE && spans < SPANS_AT_ONCE) continue;
    yield JSON.stringify(some);
    [some, spans] = [[], 0];
  }
  if (some.length > 0) yield JSON.stringify(some);
}

const all = (bounds: readonly number[]) => ({ from: bounds[0] ?? 0, end: bounds.at(-1) ?? 0 });

const written = (reader: Reader, bounds: readonly number[]) => {
  const { from, end } = all(bounds);
  return { from, end: Math.min(end, reader.writtenUntil.get() as number) };
};

async function readUnit(
  reader: Reader,
  book: PlaceBook,
  unitKey: number,
  bounds: readonly number[],
): Promise<Sums> {
  const sums = nothing(bounds);
  const pause = createPause();
  const places = await book(reader.queries);
  const foldedUntil = reader.foldedUntil.get() as number;
  for (const pieces of someOf(foldedPieces(bounds, foldedUntil))) {
    for (const [place, ...row] of reader.folded.all({ unitKey, pieces })) add(sums, place, [row]);
    await pause();
  }
  const { from, end } = all(bounds);
  const [folded, unfolded] = [
    { from, end: Math.min(end, foldedUntil) },
    { from: Math.max(from, foldedUntil), end: written(reader, bounds).end },
  ];
  const readStands = async (within: typeof folded, longest: number, select: Select) => {
    for (const { windowKeys, ...stand } of standsOf(places, unitKey, within)) {
      const windows = JSON.stringify(windowKeys);
      for (const { place, ...span } of piecesWithin(bounds, stand, longest)) {
        add(sums, place, select(windowKeys.length).all({ windows, ...span }));
        await pause();
      }
    }
  };
  if (reader.isLate.get(folded) !== undefined)
    await readStands(folded, Number.POSITIVE_INFINITY, () => reader.late);
  await readStands(unfolded, UNFOLDED_AT_ONCE, (windows) =>
    windows <= FEW_WINDOWS ? reader.ofFew : reader.ofMany,
  );
  return sums;
}

type Select = (windows: number) => Reader['late'];

const standsOf = (places: Places, unitKey: number, within: { from: number; end: number }) =>
  within.from < within.end ? places.windowsUnder(unitKey, within) : [];
