/** By which rules a press counts for what: versions with a date. */
import { type FastifyPluginCallbackTypebox, Type } from '@fastify/type-provider-typebox';
import { EpochMs, ORG_ID_PATTERN } from '../../../protocol/ids.ts';
import { SomeRules } from '../../../protocol/rules.ts';
import { NullableNumber, NullableString, oneOf } from '../../../protocol/score.ts';
import type { Verdict } from '../../../protocol/verdict.ts';
import { Counts } from '../../../protocol/vote.ts';
import { MAX_REASON_CHARS } from '../../audit/reasons.ts';
import type { RuleChanges } from '../../verdicts/rule-changes.ts';
import type { RulePreviews } from '../../verdicts/rule-preview.ts';
import { byOf } from '../border/guard.ts';
import { Touched } from './touched.ts';

export type RuleDeps = { rules: RuleChanges; previews: RulePreviews };

const TAGS = ['rules'];
const LocalDate = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'Local date, YYYY-MM-DD' });
const RuleVersionItem = Type.Object({
  node: Type.String({ description: '`all`, `unit:ID` or `window:ID`' }),
  version: Type.Integer(),
  validFrom: LocalDate,
  validTo: NullableString,
  settings: SomeRules,
  reason: Type.String(),
  madeAt: EpochMs,
  madeBy: Type.String(),
});

const NewRules = Type.Object(
  {
    unit: Type.Optional(Type.String({ pattern: ORG_ID_PATTERN })),
    window: Type.Optional(Type.String({ pattern: ORG_ID_PATTERN })),
    validFrom: LocalDate,
    validTo: Type.Optional(Type.Union([LocalDate, Type.Null()])),
    settings: SomeRules,
    judgeAgain: Type.Optional(
      Type.Boolean({ description: 'Days that have begun may be among them: their votes are judged again' }),
    ),
    reason: Type.String({ minLength: 1, maxLength: MAX_REASON_CHARS }),
  },
  { additionalProperties: false },
);

const PreviewedRules = Type.Object(
  {
    unit: Type.Optional(Type.String({ pattern: ORG_ID_PATTERN })),
    window: Type.Optional(Type.String({ pattern: ORG_ID_PATTERN })),
    from: LocalDate,
    to: LocalDate,
    settings: SomeRules,
  },
  { additionalProperties: false },
);
const PreviewSide = Type.Object({
  counts: Counts,
  rate: NullableNumber,
  reasons: Type.Unsafe<Partial<Record<Verdict, number>>>({
    type: 'object',
    additionalProperties: { type: 'integer' },
  }),
});
const previewFigures = {
  changed: Type.Integer({ description: 'Votes whose verdict would be another one' }),
  before: PreviewSide,
  after: PreviewSide,
};
const Preview = Type.Object({
  node: Type.String(),
  votes: Type.Integer(),
  windows: Type.Integer(),
  ...previewFigures,
  publications: Touched,
  rows: Type.Array(
    Type.Object({
      kind: oneOf(['unit', 'window'] as const),
      id: Type.String(),
      name: Type.String(),
      ...previewFigures,
    }),
    { description: 'Where something would be another: the largest change of a rate first, 200 at the most' },
  ),
});

export const ruleRoutes: FastifyPluginCallbackTypebox<RuleDeps> = (app, { rules, previews }, done) => {
  app.get(
    '/rules',
    {
      schema: {
        summary: 'Every version of the rules that votes are judged by, oldest first',
        tags: TAGS,
        response: { 200: Type.Array(RuleVersionItem) },
      },
    },
    async () =>
      (await rules.versions()).map(({ nodeId, settings, ...version }) => ({
        node: nodeId,
        ...version,
        settings: settings as SomeRules,
      })),
  );
  app.post(
    '/rules',
    {
      schema: {
        summary:
          'Set some rules from a day on, for all, or for a unit or window and what is below it; what is not named is inherited',
        tags: TAGS,
        body: NewRules,
        response: {
          201: Type.Object({
            node: Type.String(),
            version: Type.Integer(),
            windowsJudgedAgain: Type.Integer(),
            publications: Touched,
          }),
        },
      },
    },
    async (request, reply) => {
      const { judgeAgain = false, validTo = null, ...asked } = request.body;
      reply.status(201);
      return rules.add(byOf(request), {
        ...{ ...asked, validTo, replays: judgeAgain },
      });
    },
  );
  app.post(
    '/rules/preview',
    {
      schema: {
        summary:
          'What some rules would have made of the votes of some days that have passed; nothing is written',
        tags: TAGS,
        body: PreviewedRules,
        response: { 200: Preview },
      },
    },
    async (request) => {
      const { rows, ...preview } = await previews.preview(request.body);
      return { ...preview, rows: [...rows] };
    },
  );
  done();
};
