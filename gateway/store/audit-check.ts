/** Holds the rows of the audit against its key, in their order, as they are read; where they lie is not its matter. */
import { BEGINNING, type ChainedRow, type Head, isGenuine, isGenuineHead, same } from './audit-chain.ts';

export type AuditHead = { seq: number; hash: string };

/** The first place where the chain does not hold. */
export type AuditBreak = { seq: number; kind: 'changed' | 'removed' | 'inserted' | 'tail-cut'; what: string };

export type AuditVerdict =
  | { unbroken: true; entries: number; head: AuditHead }
  | { unbroken: false; entries: number; broken: AuditBreak };

export type AuditCheck = {
  /** The next rows are those after this one. */
  after(): number;
  /**
   * @param rows the next ones; what comes after the first `count` of them is only looked at. @param head as it is now
   * @returns null while they hold
   */
  take(rows: readonly ChainedRow[], count: number, head: Head | undefined): AuditVerdict | null;
  /** @param head as it was when the last row that was taken was the newest */
  end(head: Head | undefined): AuditVerdict;
};

/** How far rows may have been renumbered for the message to say which one is gone; found broken is found broken anyway. */
const RENUMBERED_BY = 1_000;

/** @param known a head that was written down earlier, which the chain must contain. */
export function createAuditCheck(key: Buffer, known?: AuditHead): AuditCheck {
  let last: { seq: number; hash: Buffer } = { seq: 0, hash: BEGINNING };
  let entries = 0;
  const breakAt = (seq: number, kind: AuditBreak['kind'], what: string): AuditVerdict => ({
    unbroken: false,
    entries,
    broken: { seq, kind, what },
  });
  return {
    after: () => last.seq,
    take(rows, count, head) {
      for (const [at, row] of rows.slice(0, count).entries()) {
        const broken = judge(key, last, row, rows[at + 1], head);
        if (broken) return breakAt(broken.seq, broken.kind, broken.what);
        if (known?.seq === row.seq && known.hash !== row.hash.toString('hex')) {
          const what = 'the row is not the one whose hash was written down: another history stands here';
          return breakAt(row.seq, 'changed', what);
        }
        last = { seq: row.seq, hash: row.hash };
        entries += 1;
      }
      return null;
    },
    end(head) {
      if (!head) return breakAt(last.seq + 1, 'tail-cut', 'the signed end of the audit is gone');
      if (!isGenuineHead(key, head))
        return breakAt(last.seq + 1, 'tail-cut', 'the end of the audit is not genuine');
      if (head.seq > last.seq)
        return breakAt(last.seq + 1, 'tail-cut', `rows ${last.seq + 1} to ${head.seq} were removed`);
      if (head.seq < last.seq || !same(head.hash, last.hash))
        return breakAt(head.seq + 1, 'changed', 'the signed end is older than the last row');
      if (known && known.seq > last.seq)
        return breakAt(
          last.seq + 1,
          'tail-cut',
          `a head at row ${known.seq} was written down; rows after ${last.seq} are gone`,
        );
      return { unbroken: true, entries, head: { seq: last.seq, hash: last.hash.toString('hex') } };
    },
  };
}

/** Of a row that stands before the first: the pages would never come to it. */
export const numberedBelow = (seq: number): AuditVerdict => ({
  ...{ unbroken: false, entries: 0 },
  broken: { seq, kind: 'inserted', what: 'numbers begin at 1' },
});

/** Null for a row that follows from the one before it; else what happened here, as far as it can be told. */
function judge(
  key: Buffer,
  last: { seq: number; hash: Buffer },
  row: ChainedRow,
  next: ChainedRow | undefined,
  head: Head | undefined,
): AuditBreak | null {
  const seq = last.seq + 1;
  const genuine = isGenuine(key, row);
  if (row.seq === seq && genuine && same(row.prior, last.hash)) return null;
  if (row.seq > seq && (genuine || !isGenuine(key, row, seq)))
    return { seq, kind: 'removed', what: `after row ${last.seq} comes row ${row.seq}` };
  if (genuine)
    return {
      seq,
      kind: 'inserted',
      what: `the row does not follow from row ${last.seq}: it is of another history`,
    };
  const original = originalSeq(key, row);
  if (original !== null && original > seq)
    return { seq, kind: 'removed', what: `row ${original} stands in its place` };
  if (original !== null) return { seq, kind: 'inserted', what: `it is a copy of row ${original}` };
  // A row that stood here is the one before the next; without such a next one, this row was made up.
  const nextIsHere = next !== undefined && isGenuine(key, next, seq) && same(next.prior, last.hash);
  if (nextIsHere) return { seq, kind: 'inserted', what: `the true row ${seq} comes after it` };
  if (head && head.seq < seq && isGenuineHead(key, head))
    return { seq, kind: 'inserted', what: `the audit ends with row ${head.seq}` };
  return { seq, kind: 'changed', what: 'the row is not what was written' };
}

/** The number under which a renumbered row was written. */
function originalSeq(key: Buffer, row: ChainedRow): number | null {
  for (let by = 1; by <= RENUMBERED_BY; by++)
    for (const seq of [row.seq + by, row.seq - by]) if (isGenuine(key, row, seq)) return seq;
  return null;
}
