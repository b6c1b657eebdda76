import { type FastifyPluginCallbackTypebox, Type } from '@fastify/type-provider-typebox';
import { ORG_ID_PATTERN } from '../../../protocol/ids.ts';
import { PERIODS, Period, ScoreRow } from '../../../protocol/score.ts';
import { unitsBelow } from '../../domain/org.ts';
import { credentialKey, credentialOf } from '../../domain/principal.ts';
import type { Board } from '../../live/board.ts';
import { Refusal } from '../border/errors.ts';
import { principalOf } from '../border/guard.ts';
import type { VisibleTree } from '../org/visible-tree.ts';
import { createTurns } from './turns.ts';

export type ScoreDeps = { visibleTree: VisibleTree; board: Board; now: () => number };

const Query = Type.Object(
  {
    period: Type.Unsafe<Period>({
      ...Period,
      description: 'Which votes count; days are those of the configured time zone',
    }),
    unit: Type.Optional(
      Type.String({ pattern: ORG_ID_PATTERN, description: 'This unit and what is below it' }),
    ),
  },
  { additionalProperties: false },
);

/** Scores of every unit (parents first) and every window, or of one unit and what is below it. */
export const scoreRoutes: FastifyPluginCallbackTypebox<ScoreDeps> = (
  app,
  { visibleTree, board, now },
  done,
) => {
  // Of a whole city they take some tens of milliseconds, in which nothing else is done.
  const turns = createTurns();
  app.get(
    '/scores',
    {
      preHandler: (request) => turns.take(credentialKey(credentialOf(principalOf(request)))),
      // Of our own rows, typed: faster as they are than through a serializer made from the schema.
      serializerCompiler: () => JSON.stringify,
      schema: {
        summary: `Scores for a period (${PERIODS.join(', ')})`,
        tags: ['scores'],
        querystring: Query,
        response: { 200: Type.Array(ScoreRow) },
      },
    },
    (request) => {
      const { query } = request;
      const tree = visibleTree(request);
      if (query.unit !== undefined && !tree.unitById.has(query.unit))
        throw new Refusal(404, 'unit-unknown', `there is no unit ${query.unit}: see /api/v1/units`);
      const asked = query.unit === undefined ? tree.unitById : unitsBelow(tree, query.unit);
      const pathTo = (unitId: string) => [...(tree.pathOf.get(unitId) ?? [])];
      const { units, windows } = board.rows(query.period, now());
      const unitRows = units
        .filter((row) => asked.has(row.id))
        .map((row) => ({
          ...row,
          parentId: tree.unitById.get(row.id)?.parentId ?? null,
          path: pathTo(row.id),
        }));
      const windowRows = windows
        .filter((row) => asked.has(row.parentId ?? ''))
        .map((row) => ({ ...row, path: [...pathTo(row.parentId ?? ''), row.name] }));
      return [...unitRows, ...windowRows];
    },
  );
  done();
};
