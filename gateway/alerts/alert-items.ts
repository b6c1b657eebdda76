/** Alerts as they are told: with the names of what they are about. */
import type { AlertItem } from '../../protocol/alert.ts';
import type { OrgTree } from '../domain/org.ts';
import type { AlertRecord } from '../store/alerts.ts';

type Names = Pick<OrgTree, 'unitById' | 'windowById'>;

export function itemOf(tree: Names, alert: AlertRecord): AlertItem {
  const { closedAt, acknowledgedAt } = alert;
  return {
    ...{ id: alert.id, kind: alert.kind, node: alert.node, name: nameOf(tree, alert.node) },
    state: closedAt !== null ? 'closed' : acknowledgedAt !== null ? 'acknowledged' : 'open',
    ...{ unitId: alert.unitId, isUrgent: alert.isUrgent },
    ...{ begin: alert.begin, last: alert.last, times: alert.times, end: closedAt },
    ...{ acknowledgedAt, acknowledgedBy: alert.acknowledgedBy },
    ...{ closedBy: alert.closedBy, closedWhy: alert.closedWhy, detail: { ...alert.detail } },
  };
}

/** A terminal is called by its id. */
function nameOf(tree: Names, node: string): string {
  const [kind = '', id = ''] = node.split(':');
  const named = kind === 'unit' ? tree.unitById.get(id) : tree.windowById.get(id);
  return named?.name ?? id;
}

/** Which unit an alert is of: where what it is about stands now; one that has ended, or whose node is no more, is of the unit in which it opened. */
export function unitNow(
  tree: Pick<OrgTree, 'unitById' | 'windowById' | 'terminalsOf'>,
  { node, unitId, closedAt }: Pick<AlertRecord, 'node' | 'unitId' | 'closedAt'>,
): string {
  if (closedAt !== null) return unitId;
  const [kind = '', id = ''] = node.split(':');
  if (kind === 'unit') return tree.unitById.has(id) ? id : unitId;
  const windowId = kind === 'window' ? id : windowsOfTerminals(tree.terminalsOf).get(id);
  return tree.windowById.get(windowId ?? '')?.unitId ?? unitId;
}

const known = new WeakMap<OrgTree['terminalsOf'], Map<string, string>>();

/** Made once a tree. */
function windowsOfTerminals(terminalsOf: OrgTree['terminalsOf']): Map<string, string> {
  let windows = known.get(terminalsOf);
  if (!windows) {
    windows = new Map([...terminalsOf.values()].flat().map(({ id, windowId }) => [id, windowId]));
    known.set(terminalsOf, windows);
  }
  return windows;
}
