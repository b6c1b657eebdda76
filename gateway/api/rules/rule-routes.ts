/** By which rules a press counts for what: versions with a date. */
import { type FastifyPluginCallbackTypebox, Type } from '@fastify/type-provider-typebox';
import { EpochMs, ORG_ID_PATTERN } from '../../../protocol/ids.ts';
import { SomeRules } from '../../../protocol/rules.ts';
import { NullableString } from '../../../protocol/score.ts';
import { MAX_REASON_CHARS } from '../../audit/reasons.ts';
import type { RuleChanges } from '../../verdicts/rule-changes.ts';
import { byOf } from '../border/guard.ts';

export type RuleDeps = { rules: RuleChanges };

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

export const ruleRoutes: FastifyPluginCallbackTypebox<RuleDeps> = (app, { rules }, done) => {
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
  done();
};
