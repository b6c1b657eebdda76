/**
 * As much of SQLite's file format (https://www.sqlite.org/fileformat2.html) as it takes to read small records out of a file that SQLite
 * itself gives up: page by page, cell by cell, each on its own. It only reads, follows no pointer twice, and knows neither
 * overflow pages nor SQL: nothing in a hostile file can do more than be wrong.
 */

/** A file, read by offset; null where it is not given back. What is returned may be shorter than asked at the end. */
export type Bytes = { size: number; read(offset: number, length: number): Uint8Array | null };

export type Pages = {
  /** How many. */
  count: number;
  /** From 1; null for one that is not there. With the log's version of it where the log has one that was committed. */
  read(page: number): Uint8Array | null;
};

/** `undefined` for what none of our records holds. */
export type Value = number | string | null | undefined;
export type Cell = { rowid: number; values: Value[] };

export const TABLE_LEAF = 0x0d;
export const TABLE_INTERIOR = 0x05;
export const INDEX_LEAF = 0x0a;
export const INDEX_INTERIOR = 0x02;

/** SQLite's own default, for a file whose header is gone. */
const DEFAULT_PAGE_BYTES = 4_096;
const MAGIC = 'SQLite format 3\0';
const WAL_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
/** Of a record's text: ours are ids. */
const MAX_TEXT = 4_096;

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const ascii = (bytes: Uint8Array) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');

export function openPages(file: Bytes, wal: Bytes | null): Pages {
  const header = file.read(0, 100);
  const whole = header !== null && header.length === 100 && ascii(header.subarray(0, 16)) === MAGIC;
  const said = whole ? view(header).getUint16(16) : 0;
  const declared = said === 1 ? 65_536 : said;
  const pageBytes = isPageSize(declared) ? declared : DEFAULT_PAGE_BYTES;
  const log = wal === null ? new Map<number, number>() : committedFrames(wal, pageBytes);
  const inFile = Math.floor(file.size / pageBytes);
  // A log names any number that it likes: more pages than there are frames for cannot be.
  let count = inFile;
  for (const page of log.keys()) count = Math.max(count, Math.min(page, inFile + log.size));
  return {
    count,
    read(page) {
      const at = log.get(page);
      const bytes =
        at === undefined || wal === null
          ? file.read((page - 1) * pageBytes, pageBytes)
          : wal.read(at, pageBytes);
      return bytes?.length === pageBytes ? bytes : null;
    },
  };
}

const isPageSize = (bytes: number) => bytes >= 512 && bytes <= 65_536 && (bytes & (bytes - 1)) === 0;

/** Where the log has which page, up to its last commit; the log ends where its checksums do (fileformat2, 4.1 and 4.2). */
function committedFrames(wal: Bytes, pageBytes: number): Map<number, number> {
  const committed = new Map<number, number>();
  const header = wal.read(0, WAL_HEADER_BYTES);
  if (header === null || header.length < WAL_HEADER_BYTES) return committed;
  const head = view(header);
  const magic = head.getUint32(0);
  if ((magic | 1) !== 0x377f0683 || head.getUint32(8) !== pageBytes) return committed;
  const littleEndian = (magic & 1) === 0;
  let sum = checksum([0, 0], header.subarray(0, 24), littleEndian);
  if (sum[0] !== head.getUint32(24) || sum[1] !== head.getUint32(28)) return committed;
  const waiting = new Map<number, number>();
  const step = FRAME_HEADER_BYTES + pageBytes;
  for (let at = WAL_HEADER_BYTES; at + step <= wal.size; at += step) {
    const frame = wal.read(at, step);
    if (frame === null || frame.length < step) break;
    const of = view(frame);
    if (of.getUint32(8) !== head.getUint32(16) || of.getUint32(12) !== head.getUint32(20)) break;
    sum = checksum(sum, frame.subarray(0, 8), littleEndian);
    sum = checksum(sum, frame.subarray(FRAME_HEADER_BYTES), littleEndian);
    if (sum[0] !== of.getUint32(16) || sum[1] !== of.getUint32(20)) break;
    waiting.set(of.getUint32(0), at + FRAME_HEADER_BYTES);
    if (of.getUint32(4) === 0) continue;
    for (const [page, offset] of waiting) committed.set(page, offset);
    waiting.clear();
  }
  return committed;
}

function checksum([a, b]: [number, number], bytes: Uint8Array, littleEndian: boolean): [number, number] {
  const words = view(bytes);
  let [s0, s1] = [a, b];
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    s0 = (s0 + words.getUint32(at, littleEndian) + s1) >>> 0;
    s1 = (s1 + words.getUint32(at + 4, littleEndian) + s0) >>> 0;
  }
  return [s0, s1];
}

export function pageType(page: Uint8Array, number: number): number {
  return page[headerAt(number)] ?? 0;
}

/** Of a table's interior page: the pages below it, from the left. */
export function childrenOf(page: Uint8Array, number: number): number[] {
  const of = view(page);
  const at = headerAt(number);
  return [...cellOffsets(page, number, 12).map((offset) => of.getUint32(offset)), of.getUint32(at + 8)];
}

/** The records of a leaf; those that cannot be read are left out. */
export function cellsOf(page: Uint8Array, number: number): Cell[] {
  const isTable = pageType(page, number) === TABLE_LEAF;
  const usable = page.length;
  const most = isTable ? usable - 35 : Math.floor(((usable - 12) * 64) / 255) - 23;
  const cells: Cell[] = [];
  for (const offset of cellOffsets(page, number, 8)) {
    const [bytes, afterSize] = varint(page, offset);
    const [rowid, begin] = isTable ? varint(page, afterSize) : [0, afterSize];
    if (!(bytes >= 2 && bytes <= most && begin + bytes <= page.length)) continue;
    const values = recordOf(page.subarray(begin, begin + bytes));
    if (values !== null) cells.push({ rowid, values });
  }
  return cells;
}

const headerAt = (number: number) => (number === 1 ? 100 : 0);

function cellOffsets(page: Uint8Array, number: number, headerBytes: number): number[] {
  const of = view(page);
  const at = headerAt(number);
  const first = at + headerBytes;
  const count = Math.min(of.getUint16(at + 3), Math.floor((page.length - first) / 2));
  const offsets: number[] = [];
  for (let index = 0; index < count; index++) {
    const offset = of.getUint16(first + 2 * index);
    if (offset >= first + 2 * count && offset + 4 <= page.length) offsets.push(offset);
  }
  return offsets;
}

/** [value, where it ends]; NaN for one that is too large to be ours or goes beyond the end. */
function varint(bytes: Uint8Array, from: number): [number, number] {
  let value = 0;
  for (let index = 0; index < 9; index++) {
    const byte = bytes[from + index];
    if (byte === undefined) break;
    if (index === 8) return [Number.NaN, from + 9];
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return [value <= Number.MAX_SAFE_INTEGER ? value : Number.NaN, from + index + 1];
  }
  return [Number.NaN, from + 9];
}

/** Bytes of an integer by its serial type. */
const INTEGER_BYTES = [0, 1, 2, 3, 4, 6, 8];

function recordOf(bytes: Uint8Array): Value[] | null {
  const [headerBytes, first] = varint(bytes, 0);
  if (!(headerBytes >= first && headerBytes <= bytes.length)) return null;
  const values: Value[] = [];
  let at = headerBytes;
  for (let from = first; from < headerBytes; ) {
    const [type, next] = varint(bytes, from);
    if (Number.isNaN(type) || next > headerBytes) return null;
    from = next;
    const length =
      type < 7 ? (INTEGER_BYTES[type] as number) : type === 7 ? 8 : type < 12 ? 0 : (type - 12) >> 1;
    if (at + length > bytes.length) return null;
    values.push(decode(type, bytes.subarray(at, at + length)));
    at += length;
  }
  // A record fills its cell; what does not was not written as one.
  return at === bytes.length ? values : null;
}

function decode(type: number, bytes: Uint8Array): Value {
  if (type === 0) return null;
  if (type === 8 || type === 9) return type - 8;
  if (type === 7) return view(bytes).getFloat64(0);
  if (type < 7) {
    // Two's complement, big-endian; exact up to 2^53, and what is beyond is none of ours.
    let value = (bytes[0] as number) >= 0x80 ? -1 : 0;
    for (const byte of bytes) value = value * 256 + byte;
    return Number.isSafeInteger(value) ? value : undefined;
  }
  return type >= 13 && type % 2 === 1 && bytes.length <= MAX_TEXT ? ascii(bytes) : undefined;
}
