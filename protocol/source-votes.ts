/** What a system sends that votes come from, and what it is answered: `POST /api/v1/votes`. */
import { type Static, Type } from 'typebox';
import { CHANNELS } from './channel.ts';
import { EpochMs, ORG_ID_PATTERN } from './ids.ts';
import { NullableString, oneOf } from './score.ts';
import { RATINGS } from './vote.ts';

export const MAX_SOURCE_VOTES = 100;

export const SourceVote = Type.Object(
  {
    /** The system's own of this vote. Sent again, it is the same vote, and stored once. */
    key: Type.String({ minLength: 1, maxLength: 64, pattern: '^[\\x21-\\x7e]+$' }),
    window: Type.String({ pattern: ORG_ID_PATTERN }),
    channel: { ...oneOf(CHANNELS), description: 'None that is pressed: `button` and `touch` are refused' },
    rating: oneOf(RATINGS),
    /** When the citizen gave it. */
    at: EpochMs,
    imputed: Type.Optional(
      Type.Boolean({
        description:
          'No citizen gave it, but the system itself: a default after a time-out (默认好评). It is stored and shown among what came, and never counts (`imputed`)',
      }),
    ),
  },
  { additionalProperties: false },
);
export type SourceVote = Static<typeof SourceVote>;

export const SourceVotes = Type.Object(
  { votes: Type.Array(SourceVote, { minItems: 1, maxItems: MAX_SOURCE_VOTES }) },
  { additionalProperties: false },
);

/** `stored` is on the disk now; `already-stored` it was before; `refused` is not, and sending it again changes nothing. */
export const SOURCE_OUTCOMES = ['stored', 'already-stored', 'refused'] as const;
/**
 * `channel-pressed`: it is a terminal's, and no system's;
 * `window-unknown`: there is none, or it is none of the link's unit; `time-impossible`: it lies ahead, or further back than votes are taken;
 * `key-taken`: another vote has the key.
 */
export const SOURCE_REFUSALS = ['channel-pressed', 'window-unknown', 'time-impossible', 'key-taken'] as const;

/** In the order of the votes. */
export const SourceAnswer = Type.Object({
  votes: Type.Array(
    Type.Object({ key: Type.String(), outcome: oneOf(SOURCE_OUTCOMES), code: NullableString }),
  ),
});
export type SourceAnswer = Static<typeof SourceAnswer>;
