/** What the explanation of a vote is made of. Times are milliseconds since 1970, UTC; `…Time` the same by the clocks of where the window stood. */
import { Type } from 'typebox';
import { CHANNELS } from '../../../protocol/channel.ts';
import { NullableNumber, NullableString, oneOf } from '../../../protocol/score.ts';
import { VERDICTS } from '../../../protocol/verdict.ts';
import { CLOCKS, RATINGS } from '../../../protocol/vote.ts';
import { VOTE_DECISIONS } from '../../domain/review-steps.ts';
import { CHECKED_RULES, OUTCOMES, ROLES_OF_VOTES } from '../../domain/verdicts/vote-checks.ts';
import { STANDINGS } from '../../verdicts/vote-standing.ts';

const described = <T extends object>(schema: T, description: string): T => ({ ...schema, description });

const Words = Type.Object({ zh: Type.String(), en: Type.String() });
const name = {
  ...{ terminal: NullableString, epoch: NullableString },
  origin: described(NullableString, 'The system that gave it, where no terminal did'),
  seq: Type.Integer(),
};
const face = { channel: oneOf(CHANNELS), rating: oneOf(RATINGS) };

export const ExplanationItem = Type.Object({
  vote: Type.Object({
    ...name,
    originUnit: described(NullableString, 'The unit that the system is bound to'),
    key: described(NullableString, 'What the system calls the vote'),
    ...{ window: Type.String(), windowName: Type.String(), path: Type.Array(Type.String()) },
    ...face,
    ...{ at: Type.Integer(), atTime: Type.String(), clock: oneOf(CLOCKS) },
    ...{ receivedAt: Type.Integer(), receivedAtTime: Type.String(), claimedAt: NullableNumber },
  }),
  verdict: described(oneOf(VERDICTS), 'What it counts for now; what people have excluded is dismissed'),
  stored: described(oneOf(VERDICTS), 'What is stored of it by the rules'),
  byRules: described(oneOf(VERDICTS), 'What the rules say now of what is stored'),
  standing: described(oneOf(STANDINGS), 'Whether `stored` is `byRules`, and why not'),
  rules: Type.Object({
    id: Type.String(),
    date: Type.String({ description: 'The local day of the press, whose rules they are' }),
    timeZone: Type.String(),
    versions: Type.Array(
      Type.Object({
        ...{ node: Type.String(), nodeName: Type.String(), version: Type.Integer() },
        ...{ validFrom: Type.String(), validTo: NullableString, reason: Type.String() },
        ...{ madeAt: Type.Integer(), madeBy: Type.String() },
      }),
    ),
    settings: Type.Array(
      Type.Object({
        field: Type.String(),
        value: Type.Unknown(),
        node: described(NullableString, 'Where it was set; null: the default'),
        version: NullableNumber,
      }),
    ),
  }),
  checks: Type.Array(
    Type.Object({
      rule: oneOf(CHECKED_RULES),
      outcome: oneOf(OUTCOMES),
      figures: Type.Unsafe<Record<string, number>>({
        ...{ type: 'object', additionalProperties: { type: 'number' } },
        description: 'What was measured, and the thresholds',
      }),
      votes: Type.Array(Type.Object({ ...name, role: oneOf<string>(ROLES_OF_VOTES) })),
      words: Words,
    }),
    { description: 'In the order in which rules look; the first that is `against` is the reason' },
  ),
  neighbours: Type.Array(
    Type.Object({
      ...name,
      ...{ at: Type.Integer(), atTime: Type.String(), afterMs: Type.Integer() },
      ...face,
      verdict: oneOf(VERDICTS),
    }),
    { description: 'The votes that checks name' },
  ),
  reviews: Type.Array(
    Type.Object({
      ...{ id: Type.String(), decision: oneOf(VOTE_DECISIONS), proposedBy: Type.String() },
      ...{ reason: Type.String(), madeAt: Type.Integer(), madeBy: Type.String() },
    }),
    { description: 'What two people have decided about it and not taken back: the last one holds' },
  ),
  exclusions: Type.Array(
    Type.Object({
      ...{
        id: Type.String(),
        terminalId: NullableString,
        origin: NullableString,
        originUnit: NullableString,
      },
      ...{ windowId: NullableString, from: Type.Integer(), to: Type.Integer() },
      ...{ reason: Type.String(), madeAt: Type.Integer(), madeBy: Type.String(), endedAt: NullableNumber },
    }),
  ),
  later: Type.Array(
    Type.Object({
      ...{ node: Type.String(), version: Type.Integer(), madeAt: Type.Integer(), madeBy: Type.String() },
      ...{ reason: Type.String(), before: oneOf(VERDICTS), verdict: oneOf(VERDICTS) },
    }),
    {
      description: 'Versions of the rules that were written after it had come: what it was before, and since',
    },
  ),
  words: Type.Array(Words),
});
