/** Alerts: what somebody should look at, and what people have done about it. */
import { type FastifyPluginCallbackTypebox, Type } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { ALERT_KINDS, ALERT_STATES, AlertItem, type AlertKind } from '../../../protocol/alert.ts';
import { EpochMs, ORG_ID_PATTERN } from '../../../protocol/ids.ts';
import { NullableNumber, oneOf } from '../../../protocol/score.ts';
import type { AlertDesk } from '../../alerts/alert-desk.ts';
import { isOfUnits, itemOf, unitNow } from '../../alerts/alert-items.ts';
import { MAX_REASON_CHARS } from '../../audit/reasons.ts';
import { COUNTER_KINDS, VOTE_KINDS } from '../../domain/alerts/counter-kinds.ts';
import { type OrgTree, unitsBelow } from '../../domain/org.ts';
import type { PrivacyBook } from '../../privacy/privacy-book.ts';
import type { AlertRecord } from '../../store/alerts.ts';
import { Refusal } from '../border/errors.ts';
import { byOf, principalOf } from '../border/guard.ts';
import type { VisibleTree } from '../org/visible-tree.ts';

export type AlertRouteDeps = {
  visibleTree: VisibleTree;
  alerts: AlertDesk;
  privacy: Pick<PrivacyBook, 'holdsBack'>;
  /** All of it: what an alert is about may have moved to where whoever asks does not see it. */
  tree: () => OrgTree;
};

const TAGS = ['alerts'];
const strict = { additionalProperties: false };
const Id = Type.Object({ id: Type.String({ pattern: '^a-[a-z0-9]{1,40}$', description: 'The alert' }) });
const Text = Type.String({ minLength: 1, maxLength: MAX_REASON_CHARS });
const Query = Type.Object(
  {
    state: Type.Optional({
      ...oneOf([...ALERT_STATES, 'all']),
      description: 'Left out: those that have not ended',
    }),
    kind: Type.Optional({ ...oneOf(ALERT_KINDS), description: 'Of this kind' }),
    unit: Type.Optional(
      Type.String({ pattern: ORG_ID_PATTERN, description: 'Of this unit and what is below it' }),
    ),
    before: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER,
        description: '`next` of the page before',
      }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, description: 'At most; 100' })),
  },
  strict,
);

export const alertRoutes: FastifyPluginCallbackTypebox<AlertRouteDeps> = (
  app,
  { visibleTree, alerts, privacy, tree },
  done,
) => {
  const isBound = (request: FastifyRequest) => principalOf(request).unitId !== null;
  /** What whoever asks may be told of; null: everything. */
  const kindsFor = (request: FastifyRequest): readonly AlertKind[] | null =>
    privacy.holdsBack(principalOf(request).unitId) ? COUNTER_KINDS : null;
  const requireVisible = async (request: FastifyRequest, id: string) => {
    const { alert, comments } = await alerts.alert(id);
    const isTold = kindsFor(request)?.includes(alert.kind) ?? true;
    const isHeld = isBound(request) && VOTE_KINDS.includes(alert.kind) && privacy.holdsBack(alert.unitId);
    if (!isTold || isHeld || !isOfUnits(tree(), visibleTree(request), alert))
      throw new Refusal(404, 'alert-unknown', `there is no alert ${id}: see /api/v1/alerts`);
    return { alert, comments };
  };
  /** The unit in which it opened may not exist for whoever asks. */
  const answer = (request: FastifyRequest, alert: AlertRecord) => ({
    ...itemOf(visibleTree(request), alert),
    unitId: unitNow(tree(), alert),
  });
  /** Keys of units of which whoever is bound to one is told nothing that rests on votes; they are not held back themselves. */
  const heldBack = (): number[] =>
    tree()
      .units.filter(({ id }) => privacy.holdsBack(id))
      .map(({ key }) => key);
  /** Keys of the units whose alerts are meant; null: of all. */
  const unitKeys = (request: FastifyRequest, unit: string | undefined): number[] | null => {
    const tree = visibleTree(request);
    if (unit === undefined) return isBound(request) ? tree.units.map(({ key }) => key) : null;
    if (!tree.unitById.has(unit))
      throw new Refusal(404, 'unit-unknown', `there is no unit ${unit}: see /api/v1/units`);
    const below = unitsBelow(tree, unit);
    return tree.units.filter(({ id }) => below.has(id)).map(({ key }) => key);
  };

  app.get(
    '/alerts',
    {
      schema: {
        summary: 'Alerts, newest first; those that have not ended, unless another state is asked for',
        tags: TAGS,
        querystring: Query,
        response: {
          200: Type.Object({
            alerts: Type.Array(AlertItem),
            /** `before` of the next page; null: there is none. */
            next: NullableNumber,
          }),
        },
      },
    },
    async (request) => {
      const { state, kind, unit, before, limit = 100 } = request.query;
      const keys = unitKeys(request, unit);
      // In the question, not of the answer: where the next page begins would tell of what was left out.
      const told = kindsFor(request);
      const kinds = kind === undefined ? told : [kind].filter((one) => told?.includes(one) ?? true);
      const found = await alerts.list(
        {
          ...(state !== 'all' && { states: state ? [state] : ['open', 'acknowledged'] }),
          ...(kinds !== null && { kinds: [...kinds] }),
          ...(keys !== null && { unitKeys: keys }),
          ...(isBound(request) && told === null && { heldBackKeys: heldBack() }),
          ...(before !== undefined && { before }),
        },
        limit,
      );
      return {
        alerts: found.map((alert) => answer(request, alert)),
        next: found.length < limit ? null : (found.at(-1)?.key ?? null),
      };
    },
  );
  app.get(
    '/alerts/:id',
    {
      schema: {
        summary: 'One alert, and what people have said of it',
        tags: TAGS,
        params: Id,
        response: {
          200: Type.Object({
            alert: AlertItem,
            comments: Type.Array(Type.Object({ at: EpochMs, by: Type.String(), text: Type.String() })),
          }),
        },
      },
    },
    async (request) => {
      const { alert, comments } = await requireVisible(request, request.params.id);
      return { alert: answer(request, alert), comments };
    },
  );
  app.post(
    '/alerts/:id/acknowledge',
    {
      schema: {
        summary: 'See to an alert; once more changes nothing',
        tags: TAGS,
        params: Id,
        body: Type.Object({ comment: Type.Optional(Text) }, strict),
        response: { 200: AlertItem },
      },
    },
    async (request) => {
      const { id } = request.params;
      await requireVisible(request, id);
      const alert = await alerts.acknowledge(byOf(request), id, request.body.comment ?? null);
      return answer(request, alert);
    },
  );
  app.post(
    '/alerts/:id/close',
    {
      schema: {
        summary: 'Close an alert; the same cause opens another one only when it has come about anew',
        tags: TAGS,
        params: Id,
        body: Type.Object({ reason: Text }, strict),
        response: { 200: AlertItem },
      },
    },
    async (request) => {
      const { id } = request.params;
      await requireVisible(request, id);
      const alert = await alerts.close(byOf(request), id, request.body.reason);
      return answer(request, alert);
    },
  );
  app.post(
    '/alerts/:id/comments',
    {
      schema: {
        summary: 'Say something of an alert, also of one that is closed',
        tags: TAGS,
        params: Id,
        body: Type.Object({ text: Text }, strict),
        response: { 201: Type.Object({ id: Type.String() }) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      await requireVisible(request, id);
      await alerts.comment(byOf(request), id, request.body.text);
      reply.status(201);
      return { id };
    },
  );
  done();
};
