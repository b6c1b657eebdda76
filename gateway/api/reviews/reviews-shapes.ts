/** What the routes of reviews take and give. Times are milliseconds since 1970, UTC. */
import { Type } from 'typebox';
import { CHANNELS } from '../../../protocol/channel.ts';
import { EpochMs, ORG_ID_PATTERN } from '../../../protocol/ids.ts';
import { NullableNumber, NullableString, oneOf } from '../../../protocol/score.ts';
import { VERDICTS } from '../../../protocol/verdict.ts';
import { RATINGS } from '../../../protocol/vote.ts';
import { MAX_REASON_CHARS } from '../../audit/reasons.ts';
import { DETECTORS } from '../../domain/detectors/flag.ts';
import { REVIEW_STATES, REVIEW_STEPS, VOTE_DECISIONS } from '../../domain/review-steps.ts';

const strict = { additionalProperties: false } as const;
const Reason = Type.String({ minLength: 1, maxLength: MAX_REASON_CHARS, description: 'Why; for the audit' });
export const Id = Type.String({ pattern: '^r-[0-9a-f]{1,40}$', description: 'The review' });

const described = <T extends object>(schema: T, description: string): T => ({ ...schema, description });

export const ReviewsQuery = Type.Object(
  {
    unit: Type.Optional(
      Type.String({ pattern: ORG_ID_PATTERN, description: 'Of this unit and what is below it' }),
    ),
    state: Type.Optional(described(oneOf(REVIEW_STATES), 'Only those')),
    detector: Type.Optional(described(oneOf([...DETECTORS, 'person']), 'Only what it has found')),
    before: Type.Optional(described(Id, 'Those found before that one: `next` of the page before')),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 200, default: 50, description: 'How many at most, newest first' }),
    ),
  },
  strict,
);

const item = {
  id: Type.String(),
  window: Type.String(),
  windowName: Type.String(),
  unit: Type.String(),
  decision: oneOf(VOTE_DECISIONS),
  detector: { ...NullableString, description: 'What has found it, or `person`; null where it is withheld' },
  detectorVersion: NullableNumber,
  from: Type.Integer({
    description: 'Press time of the first vote; the beginning of its day where votes are withheld',
  }),
  to: Type.Integer(),
  foundAt: Type.Integer(),
  state: oneOf(REVIEW_STATES),
  votes: { ...NullableNumber, description: 'How many votes it is about; null where they are withheld' },
  proposedBy: NullableString,
};
export const ReviewItem = Type.Object(item);
export const ReviewPage = Type.Object({
  reviews: Type.Array(ReviewItem),
  waiting: Type.Object({ open: Type.Integer(), proposed: Type.Integer() }),
  /** What to ask for as `before`; null at the end. */
  next: NullableString,
});

export const OneReview = Type.Object({
  ...item,
  /** Null, as all that is told of the votes, for whoever may not see single ones. */
  figures: Type.Union([Type.Null(), Type.Record(Type.String(), Type.Number())]),
  limit: { ...NullableNumber, description: 'What the deciding figure was held against' },
  explanation: Type.Union([Type.Null(), Type.Object({ zh: Type.String(), en: Type.String() })]),
  possible: Type.Array(oneOf(REVIEW_STEPS)),
  events: Type.Array(
    Type.Object({
      step: oneOf([...REVIEW_STEPS, 'open']),
      at: Type.Integer(),
      by: Type.String(),
      reason: { ...NullableString, description: 'Null where votes are withheld and it is another’s' },
    }),
  ),
  /** Null for whoever may not see single votes. */
  voteList: Type.Union([
    Type.Null(),
    Type.Array(
      Type.Object({
        terminal: { ...NullableString, description: 'Null of what is no terminal’s: see `origin`' },
        epoch: NullableString,
        origin: { ...NullableString, description: 'The system that has given it' },
        seq: Type.Integer(),
        channel: oneOf(CHANNELS),
        rating: oneOf(RATINGS),
        at: Type.Integer(),
        receivedAt: Type.Integer(),
        verdict: oneOf(VERDICTS),
        byRules: oneOf(VERDICTS),
        excluded: Type.Boolean(),
      }),
    ),
  ]),
});

export const Why = Type.Object({ reason: Reason }, strict);
export const NewReview = Type.Object(
  {
    window: Type.String({ pattern: ORG_ID_PATTERN }),
    from: Type.Integer({ ...EpochMs, description: 'Pressed then or later' }),
    to: Type.Integer({ ...EpochMs, description: 'And then or before' }),
    decision: oneOf(VOTE_DECISIONS),
    reason: Reason,
  },
  strict,
);
export const Stepped = Type.Object({
  id: Type.String(),
  state: oneOf(REVIEW_STATES),
  votes: NullableNumber,
  changed: { ...NullableNumber, description: 'Votes that count for something else now' },
});
export const BroughtUp = Type.Object({ id: Type.String(), votes: NullableNumber });
