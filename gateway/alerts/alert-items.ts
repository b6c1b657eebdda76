/** Alerts as they are told: with the names of what they are about. */
import type { AlertItem } from '../../protocol/alert.ts';
import { VOTE_KINDS } from '../domain/alerts/counter-kinds.ts';
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
export function unitNow(tree: Places, alert: Pick<AlertRecord, 'node' | 'unitId' | 'closedAt'>): string {
  return alert.closedAt === null ? unitOfNode(tree, alert) : alert.unitId;
}

/** As the store finds them by `AlertFilter.unitKeys`. */
export function isOfUnits(
  tree: Places,
  units: Pick<OrgTree, 'unitById'>,
  alert: Pick<AlertRecord, 'node' | 'unitId' | 'closedAt' | 'kind'>,
): boolean {
  const stands = units.unitById.has(unitOfNode(tree, alert));
  if (alert.closedAt === null) return stands;
  return units.unitById.has(alert.unitId) && (stands || !VOTE_KINDS.includes(alert.kind));
}

type Places = Pick<OrgTree, 'unitById' | 'windowById' | 'terminalsOf'>;

function unitOfNode(tree: Places, { node, unitId }: Pick<AlertRecord, 'node' | 'unitId'>): string {
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
