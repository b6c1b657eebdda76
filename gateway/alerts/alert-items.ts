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
