import { type FastifyPluginCallbackTypebox, Type } from '@fastify/type-provider-typebox';
import type { FastifySchema } from 'fastify';
import { CHANNELS, type Channel } from '../../../protocol/channel.ts';
import { ORG_ID_PATTERN } from '../../../protocol/ids.ts';
import { type FigureRules, GROUP_FIGURES, oneOf, PERIODS, Period, Scores } from '../../../protocol/score.ts';
import type { Calendar } from '../../domain/calendar.ts';
import { spanOf } from '../../domain/period.ts';
import { credentialKey, credentialOf } from '../../domain/principal.ts';
import type { ChannelRows } from '../../live/channel-rows.ts';
import type { ScoreRows } from '../../live/score-rows.ts';
import type { PrivacyBook } from '../../privacy/privacy-book.ts';
import { Refusal } from '../border/errors.ts';
import { etagOf, namesTag } from '../border/etags.ts';
import { principalOf } from '../border/guard.ts';
import type { ReadingSlots } from '../history/reading-slots.ts';
import type { VisibleTree } from '../org/visible-tree.ts';
import { createTurns } from './turns.ts';

/** Scores as they are asked for: the rows, and what they were made by and of. */
export type ScoreSource = {
  rows: ScoreRows;
  figures: () => FigureRules;
  dataRevision: () => string;
  calendar: Calendar;
};

export type ScoreDeps = {
  visibleTree: VisibleTree;
  scores: ScoreSource;
  /** … as they are shown to whoever may stand beside a window. */
  shownScores: ScoreSource;
  /** … and those of one channel, which are read when they are asked for. */
  channelRows: ChannelRows;
  readingSlots: ReadingSlots;
  privacy: Pick<PrivacyBook, 'holdsBack'>;
  now: () => number;
};

const Query = Type.Object(
  {
    period: Type.Unsafe<Period>({
      ...Period,
      description: 'Which votes count; days are those of the time zone of the gateway, for every unit',
    }),
    unit: Type.Optional(
      Type.String({ pattern: ORG_ID_PATTERN, description: 'This unit and what is below it' }),
    ),
    with: Type.Optional(
      Type.String({
        pattern: `^(${GROUP_FIGURES.join('|')})(,(${GROUP_FIGURES.join('|')}))?$`,
        description: `${GROUP_FIGURES.join(', ')}, or both with a comma between: \`groups\` in the answer`,
      }),
    ),
    best: Type.Optional(
      Type.Integer({
        ...{ minimum: 1, maximum: 100_000 },
        description: 'Which can truly be among the best so many: `best` of the `groups` in the answer',
      }),
    ),
    channel: Type.Optional(
      Type.Unsafe<Channel>({
        ...oneOf(CHANNELS),
        description:
          'What came by this one alone, with intervals, proof and places by it; not of `60m`. `terminals` and `lastVoteAt` are the window’s, whatever came by',
      }),
    ),
  },
  { additionalProperties: false },
);

/** For the description: the answer is put together from texts, and sent as it is. */
const RESPONSE: FastifySchema['response'] = {
  200: Scores,
  304: Type.Null({ description: 'It is what `If-None-Match` has named' }),
};

/** Scores of every unit (parents first) and every window, or of one unit and what is below it; places are those in the whole tree. */
export const scoreRoutes: FastifyPluginCallbackTypebox<ScoreDeps> = (
  app,
  { visibleTree, scores: live, shownScores, channelRows, readingSlots, privacy, now },
  done,
) => {
  // Of a whole city they take some tens of milliseconds, in which nothing else is done.
  const turns = createTurns();
  app.get(
    '/scores',
    {
      preHandler: (request) => turns.take(credentialKey(credentialOf(principalOf(request)))),
      schema: {
        summary: `Scores for a period (${PERIODS.join(', ')})`,
        description:
          'Has an `ETag`: named in `If-None-Match`, an answer that has not changed is not sent again.',
        tags: ['scores'],
        querystring: Query,
        response: RESPONSE,
      },
    },
    (request, reply) => {
      const { period, unit, channel, with: beside, best } = request.query;
      const tree = visibleTree(request);
      if (unit !== undefined && !tree.unitById.has(unit))
        throw new Refusal(404, 'unit-unknown', `there is no unit ${unit}: see /api/v1/units`);
      const at = now();
      const isHeldBack = privacy.holdsBack(principalOf(request).unitId);
      if (isHeldBack && period === '60m')
        throw new Refusal(403, 'period-withheld', 'an hour tells of single people: ask for today or longer');
      if (isHeldBack && channel !== undefined)
        throw new Refusal(403, 'channel-withheld', 'few votes tell of single people: ask without channel');
      if (channel !== undefined && period === '60m')
        throw new Refusal(
          422,
          'channel-period-invalid',
          'channels are told apart by quarters of an hour: ask for today or longer, or without channel',
        );
      const scores = isHeldBack ? shownScores : live;
      const { calendar } = scores;
      const rules = scores.figures();
      const figures: Scores['figures'] = {
        ...rules,
        period: { name: period, ...spanOf(period, at, calendar), timeZone: calendar.timeZone },
        revision: scores.dataRevision(),
        stood: isHeldBack ? 'now' : 'then',
        ...(channel !== undefined && { channel }),
      };
      // What is held back has the revision of its steps, and may have other terminals all the same.
      if (!isHeldBack) {
        const etag = etagOf([figures, tree.units[0]?.id, unit, beside, best]);
        reply.header('etag', etag);
        if (namesTag(request.headers['if-none-match'], etag)) return reply.code(304).send();
      }
      const lead = `{"figures":${JSON.stringify(figures)},"rows":`;
      const send = (of: ScoreRows) => {
        reply.type('application/json; charset=utf-8');
        const asked = { tree, period, unitId: unit };
        const rows = of.json(asked, at, lead, '}');
        if (beside === undefined && best === undefined) return reply.send(rows);
        const named = GROUP_FIGURES.filter((name) => beside?.split(',').includes(name));
        // In the place of the last bracket: what is kept of the rows is the same whatever stands beside them.
        const groups = `,"groups":${JSON.stringify(of.groups(asked, at, { figures: named, best }))}}`;
        return reply.send(Buffer.concat([rows.subarray(0, -1), Buffer.from(groups)]));
      };
      if (channel === undefined) return send(scores.rows);
      const caller = credentialKey(credentialOf(principalOf(request)));
      return readingSlots
        .run(caller, channelRows.of({ channel, period, now: at, rules }))
        .then(async (rows) => {
          await turns.take(caller);
          return send(rows);
        })
        .catch((error: unknown) => {
          reply.removeHeader('etag');
          throw error;
        });
    },
  );
  done();
};
