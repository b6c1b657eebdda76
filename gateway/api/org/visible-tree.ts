/** The part of the organisation tree that whoever asks may see: what is not in it does not exist for them. */
import type { FastifyRequest } from 'fastify';
import { type OrgTree, subtreeOf, type Terminal } from '../../domain/org.ts';
import { Refusal } from '../border/errors.ts';

export type VisibleTree = (request: FastifyRequest) => OrgTree;

export function createVisibleTree(tree: () => OrgTree): VisibleTree {
  return ({ principal }) => {
    const unitId = principal?.unitId ?? null;
    return unitId === null ? tree() : subtreeOf(tree(), unitId);
  };
}

export function terminalsIn({ terminalsOf }: OrgTree): Terminal[] {
  return [...terminalsOf.values()].flat();
}

/** The id itself, of a terminal that whoever asks may see. @throws Refusal `terminal-unknown`. */
export function requireTerminal(tree: OrgTree, id: string): string {
  if (!terminalsIn(tree).some((terminal) => terminal.id === id))
    throw new Refusal(404, 'terminal-unknown', `there is no terminal ${id}: see /api/v1/terminals`);
  return id;
}
