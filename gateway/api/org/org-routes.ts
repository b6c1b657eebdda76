import { type FastifyPluginCallbackTypebox, Type } from '@fastify/type-provider-typebox';
import type { VisibleTree } from './visible-tree.ts';

const UnitItem = Type.Object({
  id: Type.String(),
  name: Type.String(),
  parentId: Type.Union([Type.String(), Type.Null()]),
  path: Type.Array(Type.String()),
});
const WindowItem = Type.Object({
  id: Type.String(),
  name: Type.String(),
  unitId: Type.String(),
  path: Type.Array(Type.String()),
  terminals: Type.Array(Type.Object({ id: Type.String(), online: Type.Boolean() })),
});

export type OrgDeps = { visibleTree: VisibleTree; isOnline: (terminalId: string) => boolean };

/** The organisation tree: units (parents before children) and windows. */
export const orgRoutes: FastifyPluginCallbackTypebox<OrgDeps> = (app, { visibleTree, isOnline }, done) => {
  app.get(
    '/units',
    { schema: { summary: 'Units', tags: ['organisation'], response: { 200: Type.Array(UnitItem) } } },
    (request) => {
      const tree = visibleTree(request);
      return tree.units.map(({ id, name, parentId }) => ({
        id,
        name,
        parentId,
        path: [...(tree.pathOf.get(id) ?? [])],
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
  done();
};
