/**
 * A votes message in the form that our own terminals write (JSON.stringify of its schema's fields, in their order), read by that form
 * and within the schema's bounds: 0.5 µs for a message of one vote, where a general parser and a check take 1.7. Whatever is written
 * otherwise, by however little, or is out of bounds, is for JSON.parse and the schema; what is read here is exactly what those would
 * give.
 */
import { Compile } from 'typebox/compile';
import { BootId, Epoch, MAX_EPOCH_MS, MAX_VOTES_PER_EPOCH } from '../../protocol/ids.ts';
import {
  CLOCKS,
  type Clock,
  MAX_VOTES_PER_MESSAGE,
  RATINGS,
  type Rating,
  type Vote,
  type VotesMessage,
} from '../../protocol/vote.ts';
import { createRepeatedIds, type RepeatedIds } from './repeated-ids.ts';

const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'latin1');

const EPOCH = bytesOf('{"epoch":"');
const VOTES = bytesOf('","votes":[{"seq":');
const NEXT_VOTE = bytesOf('},{"seq":');
const RATING = bytesOf(',"rating":"');
const AT = bytesOf('","at":');
const CLOCK = bytesOf(',"clock":"');
const BOOT = bytesOf('","boot":"');
const MONO = bytesOf('","mono":');
const TOTALS = bytesOf('}],"totals":{"satisfied":');
const BASICALLY = bytesOf(',"basically":');
const UNSATISFIED = bytesOf(',"unsatisfied":');
const END = bytesOf('}}');
const RATING_BYTES = RATINGS.map((rating) => [rating, bytesOf(rating)] as const);
const CLOCK_BYTES = CLOCKS.map((clock) => [clock, bytesOf(clock)] as const);

const [epochSchema, bootSchema] = [Compile(Epoch), Compile(BootId)];
const epochs = createRepeatedIds(32, (text) => epochSchema.Check(text));
const boots = createRepeatedIds(36, (text) => bootSchema.Check(text));

const [COMMA, ZERO, NINE] = [0x2c, 0x30, 0x39];
/** More could be another number than is written. */
const MAX_DIGITS = 15;

/** What is not of that form ends the reading. */
const OTHERWISE = -1;

/** @returns what JSON.parse would, if the schema takes that; null for what is written in another way, or is to be looked at there. */
export function readUsualForm(payload: Buffer): VotesMessage | null {
  const reader = new Reader(payload);
  if (!reader.skip(EPOCH)) return null;
  const epoch = reader.id(epochs);
  if (epoch === null || !reader.skip(VOTES)) return null;
  const first = reader.vote();
  if (first === null) return null;
  // Most messages have one: an array that begins empty has room for seventeen as soon as it has one.
  const votes = [first];
  while (reader.isNextVote() && reader.skip(NEXT_VOTE)) {
    const vote = reader.vote();
    if (vote === null || votes.length === MAX_VOTES_PER_MESSAGE) return null;
    votes.push(vote);
  }
  if (!reader.skip(TOTALS)) return null;
  const satisfied = reader.count(0, MAX_VOTES_PER_EPOCH);
  if (satisfied === OTHERWISE || !reader.skip(BASICALLY)) return null;
  const basically = reader.count(0, MAX_VOTES_PER_EPOCH);
  if (basically === OTHERWISE || !reader.skip(UNSATISFIED)) return null;
  const unsatisfied = reader.count(0, MAX_VOTES_PER_EPOCH);
  if (unsatisfied === OTHERWISE || !reader.skip(END) || !reader.isAtEnd()) return null;
  return { epoch, votes, totals: { satisfied, basically, unsatisfied } };
}

class Reader {
  private at = 0;
  private readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  skip(expected: Uint8Array): boolean {
    const { bytes, at } = this;
    for (let index = 0; index < expected.length; index++)
      if (bytes[at + index] !== expected[index]) return false;
    this.at = at + expected.length;
    return true;
  }

  /** JSON has no number that begins with a zero but zero. */
  count(least: number, most: number): number {
    const { bytes } = this;
    const begin = this.at;
    let value = 0;
    let at = begin;
    for (let byte = bytes[at] as number; byte >= ZERO && byte <= NINE; byte = bytes[at] as number) {
      value = value * 10 + (byte - ZERO);
      at += 1;
    }
    const digits = at - begin;
    if (digits === 0 || digits > MAX_DIGITS || (digits > 1 && bytes[begin] === ZERO)) return OTHERWISE;
    if (value < least || value > most) return OTHERWISE;
    this.at = at;
    return value;
  }

  /** Stops before the quote that ends it. */
  id(ids: RepeatedIds): string | null {
    const text = ids.read(this.bytes, this.at);
    if (text !== null) this.at += text.length;
    return text;
  }

  vote(): Vote | null {
    const seq = this.count(1, MAX_VOTES_PER_EPOCH);
    if (seq === OTHERWISE || !this.skip(RATING)) return null;
    const rating = this.oneOf<Rating>(RATING_BYTES);
    if (rating === null || !this.skip(AT)) return null;
    const at = this.count(0, MAX_EPOCH_MS);
    if (at === OTHERWISE || !this.skip(CLOCK)) return null;
    const clock = this.oneOf<Clock>(CLOCK_BYTES);
    if (clock === null || !this.skip(BOOT)) return null;
    const boot = this.id(boots);
    if (boot === null || !this.skip(MONO)) return null;
    const mono = this.count(0, Number.MAX_SAFE_INTEGER);
    return mono === OTHERWISE ? null : { seq, rating, at, clock, boot, mono };
  }

  isNextVote(): boolean {
    return this.bytes[this.at + 1] === COMMA;
  }

  isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  private oneOf<Word extends string>(words: readonly (readonly [Word, Uint8Array])[]): Word | null {
    for (const [word, bytes] of words) if (this.skip(bytes)) return word;
    return null;
  }
}
