import { type FastifyPluginCallbackTypebox, Type } from '@fastify/type-provider-typebox';
import { CHANNELS, type Channel } from '../../../protocol/channel.ts';
import { HISTORY_COMPARISONS, HISTORY_STEPS, History } from '../../../protocol/history.ts';
import { ORG_ID_PATTERN } from '../../../protocol/ids.ts';
import { oneOf } from '../../../protocol/score.ts';
import type { OrgTree } from '../../domain/org.ts';
import type { Asked } from '../../domain/periods/asked.ts';
import { credentialKey, credentialOf } from '../../domain/principal.ts';
import type { NodeHistory } from '../../scores/node-history.ts';
import type { HistoryOf } from '../../store/history.ts';
import { Refusal } from '../border/errors.ts';
import { principalOf } from '../border/guard.ts';
import type { VisibleTree } from '../org/visible-tree.ts';
import { createReadingSlots } from './reading-slots.ts';

export type HistoryDeps = { visibleTree: VisibleTree; history: NodeHistory };

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
        pattern: `^(${HISTORY_COMPARISONS.join('|')})(,(${HISTORY_COMPARISONS.join('|')}))?$`,
        description: `${HISTORY_COMPARISONS.join(', ')}, or both with a comma between`,
      }),
    ),
  },
  { additionalProperties: false },
);

type Node = { of: HistoryOf; shown: History['node'] };

function nodeOf(tree: OrgTree, asked: { unit?: string | undefined; window?: string | undefined }): Node {
  if ((asked.unit === undefined) === (asked.window === undefined))
    throw new Refusal(400, 'parameters-invalid', 'give unit or window, and one of them: see /api/docs');
  if (asked.unit !== undefined) {
    const unit = tree.unitById.get(asked.unit);
    if (!unit) throw new Refusal(404, 'unit-unknown', `there is no unit ${asked.unit}: see /api/v1/units`);
    const path = [...(tree.pathOf.get(unit.id) ?? [])];
    return { of: { unitKey: unit.key }, shown: { kind: 'unit', id: unit.id, name: unit.name, path } };
  }
  const found = tree.windowById.get(asked.window as string);
  if (!found)
    throw new Refusal(404, 'window-unknown', `there is no window ${asked.window}: see /api/v1/windows`);
  const { id, name, key, unitId } = found;
  const path = [...(tree.pathOf.get(unitId) ?? []), name];
  return { of: { windowKey: key }, shown: { kind: 'window', id, name, path } };
}

function periodOf(asked: { period?: string; from?: string; to?: string }): Asked {
  const { period: named, from, to } = asked;
  if (named !== undefined && from === undefined && to === undefined) return { period: named };
  if (named === undefined && from !== undefined && to !== undefined) return { from, to };
  throw new Refusal(400, 'parameters-invalid', 'give period, or from and to: see /api/docs');
}

/** A unit or window over time. A unit's are the votes of whatever stood below it when they were pressed. */
export const historyRoutes: FastifyPluginCallbackTypebox<HistoryDeps> = (
  app,
  { visibleTree, history },
  done,
) => {
  const slots = createReadingSlots();
  app.get(
    '/history',
    {
      // Of our own figures, typed: faster as they are than through a serializer made from the schema.
      serializerCompiler: () => JSON.stringify,
      schema: {
        summary: 'A unit or window over time: a series, its total, and the same of an earlier span',
        description:
          'Hours, days, weeks, … are those of the configured time zone. At most 1,500 spans an answer. What has not ended says `isOpen`.',
        tags: ['scores'],
        querystring: Query,
        response: { 200: History },
      },
    },
    async (request): Promise<History> => {
      const { by, compare, channel, channels, ...asked } = request.query;
      if (channel !== undefined && channels !== undefined)
        throw new Refusal(400, 'parameters-invalid', 'give channel or channels, not both: see /api/docs');
      const { of, shown } = nodeOf(visibleTree(request), asked);
      const compared = HISTORY_COMPARISONS.filter((name) => compare?.split(',').includes(name));
      const question = {
        ...{ of, by, period: periodOf(asked), compare: compared, channel },
        isApart: channels === 'apart',
      };
      const caller = credentialKey(credentialOf(principalOf(request)));
      return { ...(await slots.run(caller, () => history.read(question))), node: shown };
    },
  );
  done();
};
