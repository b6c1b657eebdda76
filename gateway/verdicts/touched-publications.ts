/** Which published figures a change of the rules would make differ from today's. They stay as they are. */
import type { OrgTree } from '../domain/org.ts';
import type { PublishedHead } from '../domain/publications.ts';
import type { PublicationReads } from '../store/publications.ts';
import { unitNode, windowNode } from './rule-nodes.ts';
import { pathTo, type RulePlace } from './rule-places.ts';

export type TouchedPublication = { id: string; version: number; title: string; node: string; period: string };

/** @param span press times, both ends included @returns those that are not withdrawn, newest first. @throws StoreFailure */
export async function touchedBy(
  { heads }: Pick<PublicationReads, 'heads'>,
  tree: OrgTree,
  place: RulePlace,
  { from, to }: { from: number; to: number },
): Promise<TouchedPublication[]> {
  const path = pathTo(tree, place);
  const own = path.at(-1) as string;
  const touched: TouchedPublication[] = [];
  for (const { head, withdrawal } of await heads()) {
    const { id, version, title, node, period } = JSON.parse(head) as PublishedHead;
    if (withdrawal !== null || period.from > to || period.to <= from) continue;
    const isUnit = node.kind === 'unit';
    if (!(isUnit ? tree.unitById : tree.windowById).has(node.id)) continue;
    const name = isUnit ? unitNode(node.id) : windowNode(node.id);
    const isNear =
      path.includes(name) || pathTo(tree, isUnit ? { unit: node.id } : { window: node.id }).includes(own);
    if (isNear) touched.push({ id, version, title, node: name, period: period.name });
  }
  return touched;
}
