/** The tree as it is stored now. */
import { buildTree, type OrgTree } from '../../domain/org.ts';
import type { Store } from '../../store/store.ts';

export const treeOf = async ({ org }: Pick<Store, 'org'>): Promise<OrgTree> =>
  buildTree(await org.units(), await org.windows(), await org.terminals());
