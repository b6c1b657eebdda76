import { type FastifyPluginCallbackTypebox, Type } from '@fastify/type-provider-typebox';
import { EpochMs, ORG_ID_PATTERN } from '../../../protocol/ids.ts';
import { NullableString } from '../../../protocol/score.ts';
import { MAX_REASON_CHARS } from '../../audit/reasons.ts';
import { MAX_ZONE_CHARS } from '../../domain/unit-zones.ts';
import type { UnitZoneChanges } from '../../org/unit-zone-changes.ts';
import { Refusal } from '../border/errors.ts';
import { byOf } from '../border/guard.ts';
import { Touched } from '../rules/touched.ts';
import type { VisibleTree } from './visible-tree.ts';

const Params = Type.Object({ id: Type.String({ pattern: ORG_ID_PATTERN, description: 'Of the unit' }) });
const OwnZone = {
  timeZone: Type.Union([Type.String(), Type.Null()], {
    description: 'Of the IANA database; null: that of the unit above, again',
  }),
  from: Type.Integer({ ...EpochMs, description: 'From when on; 0: ever' }),
};
const NewZone = Type.Object(
  {
    timeZone: Type.Union([Type.String({ minLength: 1, maxLength: MAX_ZONE_CHARS }), Type.Null()], {
      description: 'Of the IANA database, e.g. Asia/Urumqi; null: that of the unit above, again',
    }),
    from: Type.String({
      pattern: '^\\d{4}-\\d{2}-\\d{2}$',
      description: 'The first day, YYYY-MM-DD, by the clocks of the new zone',
    }),
    judgeAgain: Type.Optional(
      Type.Boolean({
        description: 'That day may have begun: votes since are judged again, and days since are cut anew',
      }),
    ),
    reason: Type.String({ minLength: 1, maxLength: MAX_REASON_CHARS }),
  },
  { additionalProperties: false },
);

export type UnitZoneDeps = { visibleTree: VisibleTree; unitZones: UnitZoneChanges };

/** In which time zone a unit and what is below it lies. */
export const unitZoneRoutes: FastifyPluginCallbackTypebox<UnitZoneDeps> = (
  app,
  { visibleTree, unitZones },
  done,
) => {
  app.get(
    '/units/:id/time-zones',
    {
      schema: {
        summary: 'The time zones that a unit has had of its own, oldest first',
        tags: ['organisation'],
        params: Params,
        response: { 200: Type.Array(Type.Object(OwnZone)) },
      },
    },
    (request) => {
      const { id } = request.params;
      if (!visibleTree(request).unitById.has(id))
        throw new Refusal(404, 'unit-unknown', `there is no unit ${id}: see /api/v1/units`);
      return unitZones.list(id);
    },
  );
  app.post(
    '/units/:id/time-zones',
    {
      schema: {
        summary:
          'Another time zone for a unit, and for all below it that has none of its own, from a day on: its days, opening hours and the dates of its rules go by it',
        tags: ['organisation'],
        params: Params,
        body: NewZone,
        response: {
          201: Type.Object({
            ...{ unit: Type.String(), timeZone: NullableString, from: EpochMs },
            until: Type.Union([EpochMs, Type.Null()]),
            windowsJudgedAgain: Type.Integer(),
            publications: Touched,
          }),
        },
      },
    },
    async (request, reply) => {
      const { judgeAgain = false, ...asked } = request.body;
      reply.status(201);
      return unitZones.set(byOf(request), { unit: request.params.id, ...asked, replays: judgeAgain });
    },
  );
  done();
};
