/** What everything was called and where it stood, read again when the tree is another one. */
import type { OrgTree } from '../domain/org.ts';
import { createTreeThen, type TreeThen } from '../domain/tree-then.ts';
import type { OrgReads } from '../store/org.ts';

export function createKeptTreeThen(
  tree: () => OrgTree,
  org: Pick<OrgReads, 'versions'>,
): () => Promise<TreeThen> {
  let known: { tree: OrgTree; treeThen: TreeThen } | null = null;
  return async () => {
    const asked = tree();
    if (known?.tree !== asked) known = { tree: asked, treeThen: createTreeThen(await org.versions()) };
    return known.treeThen;
  };
}
