import { type FastifyPluginCallbackTypebox, Type } from '@fastify/type-provider-typebox';
import { EpochMs, ORG_ID_PATTERN } from '../../../protocol/ids.ts';
import type { TreeNode } from '../../domain/tree-then.ts';
import { type ZoneEra, zoneAt } from '../../domain/unit-zones.ts';
import { MAX_NAME_CHARS, type TreeChanges } from '../../org/tree-changes.ts';
import { Refusal } from '../border/errors.ts';
import { byOf } from '../border/guard.ts';
import type { VisibleTree } from './visible-tree.ts';

const UnitItem = Type.Object({
  id: Type.String(),
  name: Type.String(),
  parentId: Type.Union([Type.String(), Type.Null()]),
  path: Type.Array(Type.String()),
  timeZone: Type.String({ description: 'In which it lies now, whether it is its own or of a unit above' }),
});
const WindowItem = Type.Object({
  id: Type.String(),
  name: Type.String(),
  unitId: Type.String(),
  path: Type.Array(Type.String()),
  terminals: Type.Array(Type.Object({ id: Type.String(), online: Type.Boolean() })),
});

const Params = Type.Object({
  id: Type.String({ pattern: ORG_ID_PATTERN, description: 'Of the unit or window that is meant' }),
});
// Counted in UTF-16 here, and in characters where it is read.
const Name = Type.Optional(Type.String({ minLength: 1, maxLength: 4 * MAX_NAME_CHARS }));
const UnitChange = Type.Object(
  {
    name: Name,
    parentId: Type.Optional(
      Type.Union([Type.String({ pattern: ORG_ID_PATTERN }), Type.Null()], {
        description: 'The unit that it is to stand under; null for the top',
      }),
    ),
  },
  { additionalProperties: false, minProperties: 1 },
);
const WindowChange = Type.Object(
  { name: Name, unitId: Type.Optional(Type.String({ pattern: ORG_ID_PATTERN })) },
  { additionalProperties: false, minProperties: 1 },
);
const Changed = Type.Object({
  id: Type.String(),
  from: Type.Integer({
    ...EpochMs,
    description: 'From when on it holds: the beginning of the quarter of an hour under way',
  }),
});

export type OrgDeps = {
  visibleTree: VisibleTree;
  isOnline: (terminalId: string) => boolean;
  treeChanges: TreeChanges;
  zonesOf(node: TreeNode): readonly ZoneEra[];
  now: () => number;
};

/** The organisation tree: units (parents before children) and windows. */
export const orgRoutes: FastifyPluginCallbackTypebox<OrgDeps> = (
  app,
  { visibleTree, isOnline, treeChanges, zonesOf, now },
  done,
) => {
  app.get(
    '/units',
    { schema: { summary: 'Units', tags: ['organisation'], response: { 200: Type.Array(UnitItem) } } },
    (request) => {
      const tree = visibleTree(request);
      const at = now();
      return tree.units.map(({ key, id, name, parentId }) => ({
        ...{ id, name, parentId, path: [...(tree.pathOf.get(id) ?? [])] },
        timeZone: zoneAt(zonesOf({ kind: 'unit', key }), at),
      }));
    },
  );
  app.get(
    '/windows',
    {
      schema: {
        summary: 'Windows and their terminals',
        tags: ['organisation'],
        response: { 200: Type.Array(WindowItem) },
      },
    },
    (request) => {
      const tree = visibleTree(request);
      return tree.windows.map(({ id, name, unitId }) => ({
        id,
        name,
        unitId,
        path: [...(tree.pathOf.get(unitId) ?? []), name],
        terminals: (tree.terminalsOf.get(id) ?? []).map((terminal) => ({
          id: terminal.id,
          online: isOnline(terminal.id),
        })),
      }));
    },
  );
  app.patch(
    '/units/:id',
    {
      schema: {
        summary: 'Move a unit with all below it, or rename it, from now on; its past stays where it was',
        tags: ['organisation'],
        params: Params,
        body: UnitChange,
        response: { 200: Changed },
      },
    },
    async (request) => {
      const { id } = request.params;
      if (!visibleTree(request).unitById.has(id))
        throw new Refusal(404, 'unit-unknown', `there is no unit ${id}: see /api/v1/units`);
      return { id, ...(await treeChanges.changeUnit(byOf(request), id, request.body)) };
    },
  );
  app.patch(
    '/windows/:id',
    {
      schema: {
        summary: 'Move a window to another unit, or rename it, from now on; its past stays where it was',
        tags: ['organisation'],
        params: Params,
        body: WindowChange,
        response: { 200: Changed },
      },
    },
    async (request) => {
      const { id } = request.params;
      return { id, ...(await treeChanges.changeWindow(byOf(request), id, request.body)) };
    },
  );
  done();
};
