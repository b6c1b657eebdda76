import { type FastifyPluginCallbackTypebox, Type } from '@fastify/type-provider-typebox';
import { ORG_ID_PATTERN } from '../../../protocol/ids.ts';
import { type FigureRules, PERIODS, Period, Scores } from '../../../protocol/score.ts';
import type { Calendar } from '../../domain/calendar.ts';
import { unitsBelow } from '../../domain/org.ts';
import { spanOf } from '../../domain/period.ts';
import { credentialKey, credentialOf } from '../../domain/principal.ts';
import type { ScoreRows } from '../../live/score-rows.ts';
import { Refusal } from '../border/errors.ts';
import { principalOf } from '../border/guard.ts';
import type { VisibleTree } from '../org/visible-tree.ts';
import { createTurns } from './turns.ts';

/** Scores as they are asked for: the rows, and what they were made by and of. */
export type ScoreSource = {
  rows: ScoreRows;
  figures: () => FigureRules;
  dataRevision: () => string;
  calendar: Calendar;
};

export type ScoreDeps = { visibleTree: VisibleTree; scores: ScoreSource; now: () => number };

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

/** Scores of every unit (parents first) and every window, or of one unit and what is below it; places are those in the whole tree. */
export const scoreRoutes: FastifyPluginCallbackTypebox<ScoreDeps> = (
  app,
  { visibleTree, scores, now },
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
        response: { 200: Scores },
      },
    },
    (request): Scores => {
      const { period, unit } = request.query;
      const tree = visibleTree(request);
      if (unit !== undefined && !tree.unitById.has(unit))
        throw new Refusal(404, 'unit-unknown', `there is no unit ${unit}: see /api/v1/units`);
      const at = now();
      const { calendar } = scores;
      const all = scores.rows.of(tree, period, at);
      const asked = unit === undefined ? null : unitsBelow(tree, unit);
      return {
        figures: {
          ...scores.figures(),
          period: { name: period, ...spanOf(period, at, calendar), timeZone: calendar.timeZone },
          revision: scores.dataRevision(),
        },
        rows: asked
          ? all.filter(({ kind, id, parentId }) => asked.has(kind === 'unit' ? id : (parentId ?? '')))
          : all,
      };
    },
  );
  done();
};
