/** What everything was called and where it stood, read again when the tree is another one. */
import type { OrgTree } from '../domain/org.ts';
import { createTreeThen, type TreeThen } from '../domain/tree-then.ts';
import type { OrgReads } from '../store/org.ts';

/** As it is stored now. */
export const readTreeThen =
  (org: Pick<OrgReads, 'versions'>): (() => Promise<TreeThen>) =>
  async () =>
    createTreeThen(await org.versions());

export function createKeptTreeThen(
  tree: () => OrgTree,
  org: Pick<OrgReads, 'versions'>,
): () => Promise<TreeThen> {
  const read = readTreeThen(org);
  let known: { tree: OrgTree; treeThen: TreeThen } | null = null;
  return async () => {
    const asked = tree();
    if (known?.tree !== asked) known = { tree: asked, treeThen: await read() };
    return known.treeThen;
  };
}
