/**
 * A votes message in the form that our own terminals write (JSON.stringify of its schema's fields, in their order), read by that form:
 * a third of what a general parser takes, which is some 7 % of all that a vote costs. Whatever is written otherwise, by however
 * little, is for JSON.parse; what is read here is exactly what that would give.
 */
import {
  CLOCKS,
  type Clock,
  RATINGS,
  type Rating,
  type Vote,
  type VotesMessage,
} from '../../protocol/vote.ts';

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

const [QUOTE, BACKSLASH, COMMA, ZERO, NINE] = [0x22, 0x5c, 0x2c, 0x30, 0x39];
/** More could be another number than is written. */
const MAX_DIGITS = 15;
const MAX_STRING = 200;

/** What is not of that form ends the reading. */
const OTHERWISE = -1;

/** @returns what JSON.parse would, or null for what is written in another way (or is no JSON at all). */
export function readUsualForm(payload: Buffer): VotesMessage | null {
  const reader = new Reader(payload);
  if (!reader.skip(EPOCH)) return null;
  const epoch = reader.string();
  if (epoch === null || !reader.skip(VOTES)) return null;
  const votes: Vote[] = [];
  do {
    const vote = reader.vote();
    if (vote === null) return null;
    votes.push(vote);
  } while (reader.isNextVote() && reader.skip(NEXT_VOTE));
  if (!reader.skip(TOTALS)) return null;
  const satisfied = reader.count();
  if (satisfied === OTHERWISE || !reader.skip(BASICALLY)) return null;
  const basically = reader.count();
  if (basically === OTHERWISE || !reader.skip(UNSATISFIED)) return null;
  const unsatisfied = reader.count();
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
  count(): number {
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
    this.at = at;
    return value;
  }

  /** Of printable ASCII without anything escaped; stops before the quote that ends it. */
  string(): string | null {
    const { bytes } = this;
    const begin = this.at;
    let at = begin;
    for (; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) break;
      if (byte < 0x20 || byte > 0x7e || byte === BACKSLASH) return null;
    }
    if (at === bytes.length || at - begin > MAX_STRING) return null;
    this.at = at;
    return bytes.toString('latin1', begin, at);
  }

  vote(): Vote | null {
    const seq = this.count();
    if (seq === OTHERWISE || !this.skip(RATING)) return null;
    const rating = this.oneOf<Rating>(RATING_BYTES);
    if (rating === null || !this.skip(AT)) return null;
    const at = this.count();
    if (at === OTHERWISE || !this.skip(CLOCK)) return null;
    const clock = this.oneOf<Clock>(CLOCK_BYTES);
    if (clock === null || !this.skip(BOOT)) return null;
    const boot = this.string();
    if (boot === null || !this.skip(MONO)) return null;
    const mono = this.count();
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
