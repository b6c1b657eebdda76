/** A vote that was held, read back from its record; also one that an earlier version has set aside for its time. */
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { CHANNELS } from '../../protocol/channel.ts';
import { BootId, EpochMs } from '../../protocol/ids.ts';
import { CLOCKS, RATINGS, Vote } from '../../protocol/vote.ts';
import type { RatingCode } from '../domain/tally.ts';
import { placeVote } from '../domain/vote-time.ts';
import type { ChannelCode } from '../store/ledger.ts';
import type { HeldRecord, ReleasedVote } from '../store/review.ts';

const Key = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/** As ingest keeps it: a row that was not stored. */
const HeldRow = Type.Object({
  windowKey: Key,
  /** Left out by earlier versions, to which votes came from buttons alone. */
  channel: Type.Optional(Type.Integer({ minimum: 0, maximum: CHANNELS.length - 1 })),
  rating: Type.Integer({ minimum: 0, maximum: RATINGS.length - 1 }),
  at: EpochMs,
  claimedAt: Type.Optional(EpochMs),
  clock: Type.Integer({ minimum: 0, maximum: CLOCKS.length - 1 }),
  boot: BootId,
  mono: Key,
});
const BUTTON = CHANNELS.indexOf('button') as ChannelCode;
const heldRow = Compile(HeldRow);
const sentVote = Compile(Vote);

/** @returns null when the record is no vote that could be stored: a rating that nobody knows, or another body of a stored one. */
export function readHeldVote({ reason, payload, receivedAt }: HeldRecord): ReleasedVote | null {
  if (reason === 'identity-conflict') return null;
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch {
    return null;
  }
  if (heldRow.Check(value)) return fromRow(value);
  if (!sentVote.Check(value)) return null;
  const vote = value;
  const at = placeVote(vote.at, { receivedAt, notBefore: 0, byMonotonic: null, isClockApart: false });
  return {
    channel: BUTTON,
    rating: RATINGS.indexOf(vote.rating) as RatingCode,
    at,
    claimedAt: at === vote.at ? null : vote.at,
    clock: CLOCKS.indexOf(vote.clock) as 0 | 1 | 2,
    boot: vote.boot,
    mono: vote.mono,
    windowKey: null,
  };
}

function fromRow(row: Static<typeof HeldRow>): ReleasedVote {
  const { rating, clock, claimedAt, at, boot, mono, windowKey, channel = BUTTON } = row;
  return {
    channel: channel as ChannelCode,
    rating: rating as RatingCode,
    clock: clock as 0 | 1 | 2,
    claimedAt: claimedAt ?? null,
    at,
    boot,
    mono,
    windowKey,
  };
}
