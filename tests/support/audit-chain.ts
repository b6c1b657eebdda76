/** The audit's chain, worked out here, so that one that is written otherwise one day is found. */
import { createHmac } from 'node:crypto';

export type StoredLine = {
  seq: number;
  at: number;
  actor: string;
  origin: string;
  action: string;
  target: string;
  detail: string;
  prior: Buffer;
  hash: Buffer;
};
type Rows = <R>(sql: string) => Promise<R[]>;

const hmac = (key: Buffer, ...parts: (string | Buffer)[]) =>
  parts.reduce((made, part) => made.update(part), createHmac('sha256', key)).digest();

/** @param fields of the row, from its number to its detail */
export const hashOf = (key: Buffer, prior: Buffer, fields: readonly (string | number)[]) =>
  hmac(key, 'row', prior, JSON.stringify(fields));
export const macOf = (key: Buffer, seq: number, hash: Buffer) => hmac(key, 'head', hash, String(seq));

/** @returns the rows, each of which follows from the one before it, from the first to the signed end. @throws where one does not. */
export async function readChain(rows: Rows, key: Buffer): Promise<StoredLine[]> {
  const lines = await rows<StoredLine>('SELECT * FROM audit ORDER BY seq');
  let prior: Buffer = Buffer.alloc(32);
  for (const [index, line] of lines.entries()) {
    const { seq, at, actor, origin, action, target, detail } = line;
    const hash = hashOf(key, prior, [seq, at, actor, origin, action, target, detail]);
    if (seq !== index + 1) throw new Error(`after row ${index} comes row ${seq}`);
    if (!line.prior.equals(prior)) throw new Error(`row ${seq} does not follow from the one before it`);
    if (!line.hash.equals(hash)) throw new Error(`row ${seq} is not what was written`);
    prior = line.hash;
  }
  const [head] = await rows<{ seq: number; hash: Buffer; mac: Buffer }>('SELECT * FROM audit_head');
  if (!head) throw new Error('the signed end is gone');
  if (head.seq !== lines.length || !head.hash.equals(prior))
    throw new Error('it does not end with its last row');
  if (!head.mac.equals(macOf(key, head.seq, head.hash))) throw new Error('its end is not genuine');
  return lines;
}
