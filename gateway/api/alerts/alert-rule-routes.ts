/** By which rules alerts are opened: versions with a date, and what a rule is to be expected to do. */
import { type FastifyPluginCallbackTypebox, Type } from '@fastify/type-provider-typebox';
import { SomeAlertSettings } from '../../../protocol/alert.ts';
import { EpochMs, ORG_ID_PATTERN } from '../../../protocol/ids.ts';
import { NullableNumber, NullableString } from '../../../protocol/score.ts';
import type { AlertRules } from '../../alerts/alert-rules.ts';
import { MAX_REASON_CHARS } from '../../audit/reasons.ts';
import { Refusal } from '../border/errors.ts';
import { byOf } from '../border/guard.ts';

export type AlertRuleDeps = { rules: AlertRules };

const TAGS = ['alerts'];
const LocalDate = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'Local date, YYYY-MM-DD' });
const place = {
  unit: Type.Optional(Type.String({ pattern: ORG_ID_PATTERN, description: 'For it and what is below it' })),
  window: Type.Optional(Type.String({ pattern: ORG_ID_PATTERN, description: 'For it alone' })),
};
const Version = Type.Object({
  node: Type.String({ description: '`all`, `unit:ID` or `window:ID`' }),
  version: Type.Integer(),
  validFrom: LocalDate,
  validTo: NullableString,
  settings: SomeAlertSettings,
  reason: Type.String(),
  madeAt: EpochMs,
  madeBy: Type.String(),
});
const NewVersion = Type.Object(
  {
    ...place,
    validFrom: Type.Optional(LocalDate),
    validTo: Type.Optional(Type.Union([LocalDate, Type.Null()])),
    settings: SomeAlertSettings,
    reason: Type.String({ minLength: 1, maxLength: MAX_REASON_CHARS }),
  },
  { additionalProperties: false },
);
const PreviewQuery = Type.Object(
  {
    ...place,
    usual: Type.Number({ description: 'Share of unsatisfied votes that is usual' }),
    watched: Type.Number({ description: 'Share to watch for' }),
    closesAt: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 10_000, description: 'Sum at which it closes; 0' }),
    ),
    height: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 10_000, description: 'Sum at which it opens' }),
    ),
    alarmsADay: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 1e6,
        description: 'How many false ones are wanted, at most',
      }),
    ),
  },
  { additionalProperties: false },
);
const Preview = Type.Object({
  rise: Type.Integer({
    description: 'What an unsatisfied vote adds to the sum, plus the one that every vote takes',
  }),
  height: Type.Integer(),
  windows: Type.Integer(),
  votesADay: Type.Number(),
  unsatisfiedShare: NullableNumber,
  falseAlarmsADay: Type.Number({
    description: 'Of all these windows together, at most, while nothing is wrong',
  }),
  votesToFalseAlarm: NullableNumber,
  votesToAlarm: Type.Number({ description: 'Mean number of votes at one window at the share to watch for' }),
});

export const alertRuleRoutes: FastifyPluginCallbackTypebox<AlertRuleDeps> = (app, { rules }, done) => {
  app.get(
    '/alert-rules',
    {
      schema: {
        summary: 'Every version of the rules by which alerts are opened, oldest first',
        tags: TAGS,
        response: { 200: Type.Array(Version) },
      },
    },
    async () => (await rules.versions()).map(({ nodeId, ...version }) => ({ node: nodeId, ...version })),
  );
  app.post(
    '/alert-rules',
    {
      schema: {
        summary:
          'Set some kinds of alerts, from today on if no day is named, for all, or for a unit or window and what is below it',
        tags: TAGS,
        body: NewVersion,
        response: { 201: Type.Object({ node: Type.String(), version: Type.Integer() }) },
      },
    },
    async (request, reply) => {
      const { validFrom = null, validTo = null, ...asked } = request.body;
      reply.status(201);
      return rules.add(byOf(request), { ...asked, validFrom, validTo });
    },
  );
  app.get(
    '/alert-rules/preview',
    {
      schema: {
        summary:
          'How many false alarms a day a rule for rising shares would give in this tree; or which height gives no more than are wanted',
        tags: TAGS,
        querystring: PreviewQuery,
        response: { 200: Preview },
      },
    },
    async (request) => {
      const { height, alarmsADay, ...asked } = request.query;
      if ((height === undefined) === (alarmsADay === undefined))
        throw new Refusal(400, 'parameters-invalid', 'say one of `height` and `alarmsADay`');
      const previewed = await rules.preview(
        height === undefined ? { ...asked, alarmsADay: alarmsADay as number } : { ...asked, height },
      );
      const { votesToFalseAlarm } = previewed;
      // Beyond what a number holds.
      return {
        ...previewed,
        votesToFalseAlarm: Number.isFinite(votesToFalseAlarm) ? votesToFalseAlarm : null,
      };
    },
  );
  done();
};
