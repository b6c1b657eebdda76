/** Links: tokens that let a screen show the wall, or Prometheus read the metrics, without an account. */
import { type FastifyPluginCallbackTypebox, Type } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { ORG_ID_PATTERN } from '../../../protocol/ids.ts';
import { LinkItem } from '../../../protocol/session.ts';
import { writeActor } from '../../domain/actor.ts';
import { LINK_DAYS } from '../../domain/links.ts';
import { LINK_KINDS } from '../../domain/roles.ts';
import type { ListedLink } from '../../people/link-tokens.ts';
import type { People } from '../../people/people.ts';
import { Refusal } from '../border/errors.ts';
import { byOf, principalOf } from '../border/guard.ts';
import type { VisibleTree } from '../org/visible-tree.ts';

export type LinkDeps = { people: People; visibleTree: VisibleTree };

const TAGS = ['links'];
const Days = Type.Optional(
  Type.Integer({ minimum: 1, maximum: LINK_DAYS.most, default: LINK_DAYS.standard }),
);
const Extension = Type.Object({ days: Days }, { additionalProperties: false });
const Id = Type.Object({ id: Type.String({ maxLength: 40, description: 'The id of the link' }) });
const NewLink = Type.Object(
  {
    kind: Type.Union(LINK_KINDS.map((kind) => Type.Literal(kind))),
    name: Type.String({ minLength: 1, maxLength: 200 }),
    unitId: Type.Optional(Type.Union([Type.String({ pattern: ORG_ID_PATTERN }), Type.Null()])),
    days: Days,
  },
  { additionalProperties: false },
);

const itemOf = (link: ListedLink): LinkItem => ({ ...link, createdBy: writeActor(link.createdBy) });

export const linkRoutes: FastifyPluginCallbackTypebox<LinkDeps> = (app, { people, visibleTree }, done) => {
  const { links } = people;
  /** Whoever is bound to a unit sees the links of its subtree, and none of the whole city. */
  const isVisible = (request: FastifyRequest, unitId: string | null) =>
    principalOf(request).unitId === null || (unitId !== null && visibleTree(request).unitById.has(unitId));

  const visible = async (request: FastifyRequest, id: string): Promise<string> => {
    const link = (await links.list()).find((one) => one.id === id);
    if (!link || !isVisible(request, link.unitId))
      throw new Refusal(404, 'link-unknown', `there is no link ${id}: see /api/v1/links`);
    return id;
  };

  app.get(
    '/links',
    {
      schema: {
        summary: 'Links, also those that are over; `state` says how each stands',
        tags: TAGS,
        response: { 200: Type.Array(LinkItem) },
      },
    },
    async (request) => (await links.list()).filter(({ unitId }) => isVisible(request, unitId)).map(itemOf),
  );
  app.post(
    '/links',
    {
      schema: {
        summary: 'Make a link; its token is told only now',
        tags: TAGS,
        body: NewLink,
        response: {
          201: Type.Object({
            link: LinkItem,
            token: Type.String(),
            /** Where a screen opens the wall; null for metrics, which are asked for with `Authorization: Bearer`. */
            address: Type.Union([Type.String(), Type.Null()]),
          }),
        },
      },
    },
    async (request, reply) => {
      const { kind, name, unitId = null, days } = request.body;
      const { link, token } = await links.add(byOf(request), { kind, name, unitId, days });
      reply.status(201);
      const address = kind === 'wall' ? `${request.protocol}://${request.host}/wall/#token=${token}` : null;
      return { link: itemOf(link), token, address };
    },
  );
  app.patch(
    '/links/:id',
    {
      schema: {
        summary: 'Give a link a new end, from now on; whoever does it answers for the link',
        tags: TAGS,
        params: Id,
        body: Extension,
        response: { 200: LinkItem },
      },
    },
    async (request) =>
      itemOf(await links.extend(byOf(request), await visible(request, request.params.id), request.body.days)),
  );
  app.delete(
    '/links/:id',
    {
      schema: {
        summary: 'Revoke a link: screens that show it go to the sign-in',
        tags: TAGS,
        params: Id,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      await links.revoke(byOf(request), await visible(request, request.params.id));
      reply.status(204);
      return null;
    },
  );
  done();
};
