/**
 * The live messages as schemas, for tests. The product trusts its own gateway and has them as types only; the compiler
 * holds the two together here.
 */
import { type Static, type TInteger, Type } from 'typebox';
import { AlertItem } from '../../protocol/alert.ts';
import { ALERTS_SHOWN, type LiveRequest, type Patch, type Snapshot, type Tick } from '../../protocol/live.ts';
import { Completeness, FigureRules, Interval, Proof, Score, TerminalCount } from '../../protocol/score.ts';
import { VERDICTS, type Verdict } from '../../protocol/verdict.ts';
import { Counts, Rating } from '../../protocol/vote.ts';

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()]);

const Discounted = Type.Object(
  {
    counts: Counts,
    reasons: Type.Partial(
      Type.Object(
        Object.fromEntries(VERDICTS.map((verdict) => [verdict, Type.Integer({ minimum: 1 })])) as Record<
          Verdict,
          TInteger
        >,
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);

const LiveRow = Type.Object(
  {
    id: Type.String(),
    kind: Type.Union([Type.Literal('unit'), Type.Literal('window')]),
    name: Type.String(),
    parentId: Nullable(Type.String()),
    ...Score.properties,
    proof: Proof,
    intervals: Type.Optional(
      Nullable(Type.Object({ rate: Interval, index: Interval }, { additionalProperties: false })),
    ),
    excluded: Nullable(Counts),
    discounted: Nullable(Discounted),
    lastVoteAt: Nullable(Type.Number()),
    terminals: TerminalCount,
    completeness: Completeness,
    attention: Type.Integer({ minimum: 0 }),
  },
  { additionalProperties: false },
);
const UnitPlace = Type.Object(
  {
    unitId: Type.String(),
    place: Nullable(
      Type.Object(
        {
          rank: Type.Integer({ minimum: 1 }),
          best: Type.Integer({ minimum: 1 }),
          worst: Type.Integer({ minimum: 1 }),
          of: Type.Integer({ minimum: 1 }),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);
const TrendMinute = Type.Object(
  { minute: Type.Integer(), ...Counts.properties },
  { additionalProperties: false },
);
const TickerVote = Type.Object(
  { id: Type.Integer(), windowId: Type.String(), rating: Rating, at: Type.Integer() },
  { additionalProperties: false },
);
const base = { revision: Type.Integer({ minimum: 0 }), now: Type.Integer() };
const changes = {
  units: Type.Array(LiveRow),
  windows: Type.Array(LiveRow),
  places: Type.Array(UnitPlace),
  trend: Type.Array(TrendMinute),
  ticker: Type.Array(TickerVote),
};

export const SnapshotSchema = Type.Object(
  {
    type: Type.Literal('snapshot'),
    ...base,
    instance: Type.String(),
    timeZone: Type.String(),
    day: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }),
    figures: FigureRules,
    ...changes,
  },
  { additionalProperties: false },
);
export const PatchSchema = Type.Object(
  { type: Type.Literal('patch'), ...base, from: Type.Integer({ minimum: 0 }), ...changes },
  { additionalProperties: false },
);
const { id, kind, state, node, name, unitId, isUrgent, begin, times } = AlertItem.properties;
const Alerts = Type.Object(
  {
    open: Type.Integer({ minimum: 0 }),
    acknowledged: Type.Integer({ minimum: 0 }),
    first: Type.Array(
      Type.Object(
        { id, kind, state, node, name, unitId, isUrgent, begin, times },
        { additionalProperties: false },
      ),
      { maxItems: ALERTS_SHOWN },
    ),
  },
  { additionalProperties: false },
);
export const TickSchema = Type.Object(
  { type: Type.Literal('tick'), ...base, alerts: Type.Optional(Alerts) },
  { additionalProperties: false },
);
export const LiveRequestSchema = Type.Object(
  { type: Type.Literal('resync') },
  { additionalProperties: false },
);

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
export const schemasAreTheTypes: [
  Same<Static<typeof SnapshotSchema>, Snapshot>,
  Same<Static<typeof PatchSchema>, Patch>,
  Same<Static<typeof TickSchema>, Tick>,
  Same<Static<typeof LiveRequestSchema>, LiveRequest>,
] = [true, true, true, true];
