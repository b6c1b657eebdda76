/** What the review's routes take and give. Times are milliseconds since 1970, UTC; spans end before `to`. */
import { type Static, Type } from 'typebox';
import { EpochMs, ORG_ID_PATTERN, TERMINAL_ID_PATTERN } from '../../../protocol/ids.ts';
import { NullableNumber, NullableString, oneOf } from '../../../protocol/score.ts';
import { Counts } from '../../../protocol/vote.ts';

const Terminal = Type.String({ pattern: TERMINAL_ID_PATTERN, description: 'The terminal' });
const Reason = Type.String({ minLength: 1, maxLength: 400, description: 'Why; for the audit' });
const strict = { additionalProperties: false } as const;

const which = {
  terminal: Type.Optional(Terminal),
  kind: Type.Optional(
    Type.String({ pattern: '^[a-z][a-z-]{0,39}$', description: 'Why it is held, e.g. rate-implausible' }),
  ),
  from: Type.Optional(Type.Integer({ ...EpochMs, description: 'Received then or later' })),
  to: Type.Optional(Type.Integer({ ...EpochMs, description: 'Received before' })),
};
const Which = Type.Object(which);
export type Which = Static<typeof Which>;

export const HeldQuery = Type.Object(
  {
    ...which,
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_000, default: 100, description: 'How many at most' }),
    ),
  },
  strict,
);
export const HeldItem = Type.Object({
  receivedAt: Type.Integer(),
  reason: Type.String(),
  terminalId: Type.String(),
  epoch: Type.String(),
  seq: Type.Integer(),
  payload: Type.String(),
});
export const HeldSummaryItem = Type.Object({
  terminalId: Type.String(),
  reason: Type.String(),
  count: Type.Integer(),
  firstAt: Type.Integer(),
  lastAt: Type.Integer(),
});
export const HeldDecision = Type.Object(
  {
    ...which,
    decision: oneOf(['release', 'dismiss', 'reconsider']),
    /** Needed when nothing else narrows it. */
    all: Type.Optional(Type.Boolean()),
    reason: Reason,
  },
  strict,
);
export const HeldOutcome = Type.Object({
  released: Type.Integer(),
  taken: Type.Integer(),
  unfit: Type.Integer(),
  dismissed: Type.Integer(),
  held: Type.Integer(),
});

export const ExclusionItem = Type.Object({
  id: Type.String(),
  terminalId: NullableString,
  origin: { ...NullableString, description: 'The system whose votes they are' },
  originUnit: { ...NullableString, description: 'Its unit; null: it is of the whole city' },
  windowId: NullableString,
  from: Type.Integer(),
  to: Type.Integer(),
  reason: Type.String(),
  madeAt: Type.Integer(),
  madeBy: Type.String(),
  endedAt: NullableNumber,
});
const Span = { from: EpochMs, to: EpochMs };
export const NewExclusion = Type.Object(
  {
    terminal: Type.Optional(Terminal),
    origin: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, description: 'The system: the name of its `source` link' }),
    ),
    originUnit: Type.Optional(
      Type.String({
        pattern: ORG_ID_PATTERN,
        description: 'The unit that its link is bound to; left out: none',
      }),
    ),
    window: Type.Optional(
      Type.String({
        pattern: ORG_ID_PATTERN,
        description: 'All that came there, or what the system gave there',
      }),
    ),
    ...Span,
    reason: Reason,
  },
  strict,
);
export type Named = Omit<Static<typeof NewExclusion>, 'from' | 'to' | 'reason'>;
export const Why = Type.Object({ reason: Reason }, strict);
const MAX_SHIFT_MS = 400 * 86_400_000;
export const Redating = Type.Object(
  {
    terminal: Terminal,
    ...Span,
    shiftMs: Type.Optional(Type.Integer({ minimum: -MAX_SHIFT_MS, maximum: MAX_SHIFT_MS })),
    claimed: Type.Optional(Type.Boolean()),
    reason: Reason,
  },
  strict,
);

export const JournalItem = Type.Object({
  epoch: Type.String(),
  stored: Counts,
  lastSeq: Type.Integer(),
  announced: Type.Integer(),
  quarantined: Type.Integer(),
  held: Type.Integer(),
  lost: Type.Integer(),
  writtenOff: Type.Integer(),
  knownAt: NullableNumber,
  closedAt: NullableNumber,
});
export const JournalDecision = Type.Object(
  { decision: oneOf(['close', 'reopen', 'write-off', 'expect']), reason: Reason },
  strict,
);
export const JournalOutcome = Type.Object({
  lost: Type.Integer(),
  onItsWay: Type.Integer(),
  expected: Type.Integer(),
});
