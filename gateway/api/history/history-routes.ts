import { Readable } from 'node:stream';
import { type FastifyPluginCallbackTypebox, Type } from '@fastify/type-provider-typebox';
import type { FastifySchema } from 'fastify';
import { CHANNELS, type Channel } from '../../../protocol/channel.ts';
import { HISTORY_COMPARISONS, HISTORY_NAMES, HISTORY_STEPS, History } from '../../../protocol/history.ts';
import { ORG_ID_PATTERN } from '../../../protocol/ids.ts';
import { oneOf } from '../../../protocol/score.ts';
import type { OrgTree } from '../../domain/org.ts';
import type { Asked } from '../../domain/periods/asked.ts';
import { credentialKey, credentialOf } from '../../domain/principal.ts';
import { historyCsv } from '../../scores/history-csv.ts';
import { type HistoryNode, historyNode } from '../../scores/history-node.ts';
import type { NodeHistory } from '../../scores/node-history.ts';
import { Refusal } from '../border/errors.ts';
import { principalOf } from '../border/guard.ts';
import type { VisibleTree } from '../org/visible-tree.ts';
import type { ReadingSlots } from './reading-slots.ts';

export type HistoryDeps = { visibleTree: VisibleTree; history: NodeHistory; readingSlots: ReadingSlots };

const PERIOD = '2026, 2026-Q4, 2026-11, 2026-W48, 2026-11-28 or 2026-11-28T09';
const period = (description: string) => Type.Optional(Type.String({ maxLength: 32, description }));

const Query = Type.Object(
  {
    unit: Type.Optional(
      Type.String({ pattern: ORG_ID_PATTERN, description: 'Of whatever stood below it at the time' }),
    ),
    window: Type.Optional(Type.String({ pattern: ORG_ID_PATTERN, description: 'In place of `unit`' })),
    period: period(PERIOD),
    from: period('With `to`, in place of `period`: the first day, week, month, …'),
    to: period('… and the last one, which is part of it'),
    by: Type.Unsafe<(typeof HISTORY_STEPS)[number]>({
      ...oneOf(HISTORY_STEPS),
      description: 'What the series is cut into; weeks are those of ISO 8601',
    }),
    channel: Type.Optional(
      Type.Unsafe<Channel>({ ...oneOf(CHANNELS), description: 'What came by this one alone' }),
    ),
    channels: Type.Optional(
      Type.Unsafe<'apart'>({
        ...oneOf(['apart']),
        description: '… or, beside the figures of all, those of each channel that something came by',
      }),
    ),
    compare: Type.Optional(
      Type.String({
        pattern: `^(${HISTORY_COMPARISONS.join('|')})(,(${HISTORY_COMPARISONS.join('|')})){0,2}$`,
        description: `${HISTORY_COMPARISONS.join(', ')}, or several with commas between; siblings are those of the time`,
      }),
    ),
    names: Type.Optional(
      Type.Unsafe<(typeof HISTORY_NAMES)[number]>({
        ...oneOf(HISTORY_NAMES),
        default: 'now',
        description:
          '`then`: each span, the period and what it is compared with say what the unit or window was called and stood under at their end; `isChanged` where that was otherwise earlier in it. `now`: as it is called today',
      }),
    ),
    format: Type.Optional(
      Type.Unsafe<'json' | 'csv'>({
        ...oneOf(['json', 'csv']),
        default: 'json',
        description: '`csv` for a spreadsheet',
      }),
    ),
  },
  { additionalProperties: false },
);

function nodeOf(
  tree: OrgTree,
  asked: { unit?: string | undefined; window?: string | undefined },
): HistoryNode {
  const { unit, window } = asked;
  if ((unit === undefined) === (window === undefined))
    throw new Refusal(400, 'parameters-invalid', 'give unit or window, and one of them: see /api/docs');
  const kind = unit === undefined ? 'window' : 'unit';
  const id = unit ?? window ?? '';
  const found = historyNode(tree, kind, id);
  if (found) return found;
  throw new Refusal(404, `${kind}-unknown`, `there is no ${kind} ${id}: see /api/v1/${kind}s`);
}

function periodOf(asked: { period?: string; from?: string; to?: string }): Asked {
  const { period: named, from, to } = asked;
  if (named !== undefined && from === undefined && to === undefined) return { period: named };
  if (named === undefined && from !== undefined && to !== undefined) return { from, to };
  throw new Refusal(400, 'parameters-invalid', 'give period, or from and to: see /api/docs');
}

/** For the description: what is asked for as CSV is a stream of it. */
const RESPONSE: FastifySchema['response'] = {
  200: {
    description: 'The series, its total, and what they are compared with',
    content: { 'application/json': { schema: History }, 'text/csv': { schema: Type.String() } },
  },
};

/** A unit or window over time. A unit's are the votes of whatever stood below it when they were pressed. */
export const historyRoutes: FastifyPluginCallbackTypebox<HistoryDeps> = (
  app,
  { visibleTree, history, readingSlots },
  done,
) => {
  app.get(
    '/history',
    {
      // Of our own figures, typed: faster as they are than through a serializer made from the schema.
      serializerCompiler: () => JSON.stringify,
      schema: {
        summary:
          'A unit or window over time: a series, its total, and the same of an earlier span or of its siblings',
        description:
          'Hours, days, weeks, … are those of the time zone of the unit or window, as it was. At most 1,500 spans an answer. What has not ended says `isOpen`. JSON is for programs. CSV is for spreadsheets, with the conventions of `/api/v1/votes`: a line for each span (of each channel, where they are asked for apart), then the `total` and what it is compared with, as `part` says; columns are named after the fields of JSON, with `fromTime` and `toTime` in the time zone beside them.',
        tags: ['scores'],
        querystring: Query,
        response: RESPONSE,
      },
    },
    async (request, reply) => {
      const { by, compare, channel, channels, names, format, ...asked } = request.query;
      if (channel !== undefined && channels !== undefined)
        throw new Refusal(400, 'parameters-invalid', 'give channel or channels, not both: see /api/docs');
      const node = nodeOf(visibleTree(request), asked);
      const compared = HISTORY_COMPARISONS.filter((name) => compare?.split(',').includes(name));
      const question = {
        ...{ node, by, period: periodOf(asked), compare: compared, channel },
        ...{ isApart: channels === 'apart', isNamedThen: names === 'then' },
      };
      const caller = credentialKey(credentialOf(principalOf(request)));
      const found = await readingSlots.run(caller, () => history.read(question));
      if (format !== 'csv') return reply.send(found);
      const { name } = found.figures.period;
      const file = `history-${node.shown.id}-${name.replaceAll(/[^\w-]/g, '_')}.csv`;
      reply.header('content-type', 'text/csv; charset=utf-8');
      reply.header('content-disposition', `attachment; filename="${file}"`);
      return reply.send(Readable.from(historyCsv(found)));
    },
  );
  done();
};
