/** The part of the organisation tree that whoever asks may see: what is not in it does not exist for them. */
import type { FastifyRequest } from 'fastify';
import { type OrgTree, subtreeOf } from '../domain/org.ts';

export type VisibleTree = (request: FastifyRequest) => OrgTree;

export function createVisibleTree(tree: () => OrgTree): VisibleTree {
  return ({ principal }) => {
    const unitId = principal?.unitId ?? null;
    return unitId === null ? tree() : subtreeOf(tree(), unitId);
  };
}
