/**
 * The bytes of an answer of rows, made from those of the one before it: a row that is the same object says the same, so it is copied
 * from there, many at a time; of a row that has only other places, all but these is.
 */
import type { LiveRow } from '../../protocol/live.ts';
import type { Place } from '../../protocol/score.ts';
import type { RowText } from './row-texts.ts';

/** Of each row, in the order of the answer. */
export type AnswerParts = {
  rows: readonly LiveRow[];
  heads: readonly Buffer[];
  places: readonly (Place | null)[];
  placesOfAll: readonly (Place | null)[];
};

export type Answer = {
  parts: AnswerParts;
  lead: string;
  bytes: Buffer;
  /** Of each row: where its places begin, where they end, where it ends. A row begins where the one before it ends, with a comma. */
  marks: Int32Array;
};

export type AnswerDeps = {
  /** What stands around the rows; the trail is always the same. */
  lead: string;
  trail: string;
  textOf(row: LiveRow): RowText;
};

/** How much of a row is as before. */
const SAME = 0;
const OTHER_PLACES = 1;
const OTHER = 2;

const COMMA = 0x2c;
const ZERO = 0x30;
/** Their words, and twice four numbers of ten digits. */
const PLACES_AT_MOST = 200;

export function writeAnswer(
  parts: AnswerParts,
  { lead, trail, textOf }: AnswerDeps,
  before: Answer | null,
): Answer {
  const { rows, heads, places, placesOfAll } = parts;
  const known = before?.parts.heads.length === heads.length ? before : null;
  if (known && known.parts === parts && known.lead === lead) return known;
  const [first, last] = [Buffer.from(lead), Buffer.from(trail)];
  const changes = new Uint8Array(rows.length);
  let room = first.length + last.length + (known?.bytes.length ?? 0);
  for (let at = 0; at < rows.length; at++) {
    const change = known ? changeOf(known.parts, parts, at) : OTHER;
    changes[at] = change;
    if (change === SAME) continue;
    room += PLACES_AT_MOST;
    if (change === OTHER_PLACES) continue;
    const { figures, rest } = textOf(rows[at] as LiveRow);
    room += 1 + (heads[at] as Buffer).length + figures.length + rest.length;
  }
  const bytes = Buffer.allocUnsafeSlow(room);
  const marks = new Int32Array(3 * rows.length);
  let end = first.copy(bytes);
  /** What is to be copied of the answer before, and is not yet. */
  let [from, to] = [0, 0];
  const copy = () => {
    if (known && to > from) bytes.set(known.bytes.subarray(from, to), end);
    end += to - from;
    from = to;
  };
  const old = known?.marks;
  const leadBefore = known ? Buffer.byteLength(known.lead) : 0;
  for (let at = 0; at < rows.length; at++) {
    const mark = 3 * at;
    const begins = old === undefined ? 0 : at === 0 ? leadBefore : (old[mark - 1] as number);
    const ends = old?.[mark + 2] ?? 0;
    if (to !== begins) {
      copy();
      [from, to] = [begins, begins];
    }
    if (old && changes[at] === SAME) {
      marks[mark] = end + (old[mark] as number) - from;
      marks[mark + 1] = end + (old[mark + 1] as number) - from;
      to = ends;
      marks[mark + 2] = end + to - from;
      continue;
    }
    const [place, placeOfAll] = [places[at] ?? null, placesOfAll[at] ?? null];
    if (old && changes[at] === OTHER_PLACES) {
      to = old[mark] as number;
      copy();
      marks[mark] = end;
      end = writePlaces(bytes, end, place, placeOfAll);
      marks[mark + 1] = end;
      [from, to] = [old[mark + 1] as number, ends];
      marks[mark + 2] = end + to - from;
      continue;
    }
    copy();
    [from, to] = [ends, ends];
    if (at > 0) {
      bytes[end] = COMMA;
      end += 1;
    }
    const head = heads[at] as Buffer;
    const { figures, rest } = textOf(rows[at] as LiveRow);
    bytes.set(head, end);
    end += head.length;
    end += bytes.write(figures, end, 'latin1');
    marks[mark] = end;
    end = writePlaces(bytes, end, place, placeOfAll);
    marks[mark + 1] = end;
    end += bytes.write(rest, end, 'latin1');
    marks[mark + 2] = end;
  }
  copy();
  end += last.copy(bytes, end);
  return { parts, lead, bytes: bytes.subarray(0, end), marks };
}

function changeOf(before: AnswerParts, now: AnswerParts, at: number): number {
  if (before.rows[at] !== now.rows[at] || before.heads[at] !== now.heads[at]) return OTHER;
  const isAsBefore =
    isSamePlace(before.places[at], now.places[at]) &&
    isSamePlace(before.placesOfAll[at], now.placesOfAll[at]);
  return isAsBefore ? SAME : OTHER_PLACES;
}

function isSamePlace(a: Place | null | undefined, b: Place | null | undefined): boolean {
  if (a === b) return true;
  if (!a || !b) return false;
  return a.rank === b.rank && a.best === b.best && a.worst === b.worst && a.of === b.of;
}

const [PLACE, PLACE_OF_ALL] = ['"place":', ',"placeOfAll":'].map((text) => Buffer.from(text)) as [
  Buffer,
  Buffer,
];
const [RANK, BEST, WORST, OF, CLOSE] = ['{"rank":', ',"best":', ',"worst":', ',"of":', '}'].map((text) =>
  Buffer.from(text),
) as [Buffer, Buffer, Buffer, Buffer, Buffer];
const NULL = Buffer.from('null');

/** Digit by digit: of a city there are fifty thousand numbers, and a text of each would be made, joined and encoded. */
function writePlaces(bytes: Buffer, start: number, place: Place | null, placeOfAll: Place | null): number {
  let end = writeBytes(bytes, start, PLACE);
  end = writePlace(bytes, end, place);
  end = writeBytes(bytes, end, PLACE_OF_ALL);
  end = writePlace(bytes, end, placeOfAll);
  bytes[end] = COMMA;
  return end + 1;
}

function writePlace(bytes: Buffer, start: number, place: Place | null): number {
  if (place === null) return writeBytes(bytes, start, NULL);
  let end = writeNumber(bytes, writeBytes(bytes, start, RANK), place.rank);
  end = writeNumber(bytes, writeBytes(bytes, end, BEST), place.best);
  end = writeNumber(bytes, writeBytes(bytes, end, WORST), place.worst);
  end = writeNumber(bytes, writeBytes(bytes, end, OF), place.of);
  return writeBytes(bytes, end, CLOSE);
}

/** Of some bytes: a loop is done before a call is begun. */
function writeBytes(bytes: Buffer, start: number, some: Buffer): number {
  for (let at = 0; at < some.length; at++) bytes[start + at] = some[at] as number;
  return start + some.length;
}

/** A whole number from 0 on. */
function writeNumber(bytes: Buffer, start: number, number: number): number {
  let end = start + 1;
  for (let ten = 10; number >= ten; ten *= 10) end += 1;
  let left = number;
  for (let at = end - 1; at >= start; at--) {
    bytes[at] = ZERO + (left % 10);
    left = Math.floor(left / 10);
  }
  return end;
}
