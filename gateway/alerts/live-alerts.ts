/** What whoever may see all alerts is shown of them as it happens: how many there are, and which somebody should look at first. */
import { ALERTS_SHOWN, type LiveAlert, type LiveAlerts } from '../../protocol/live.ts';
import type { OrgTree } from '../domain/org.ts';
import type { AlertRecord } from '../store/alerts.ts';
import { itemOf } from './alert-items.ts';

export type LiveAlertsDeps = { open: () => readonly AlertRecord[]; tree: () => OrgTree };

export type LiveAlertsSource = {
  current(): LiveAlerts;
  /** Cheap where no alert and no unit is another one. */
  look(): void;
  listen(changed: () => void): void;
};

export function createLiveAlerts({ open, tree }: LiveAlertsDeps): LiveAlertsSource {
  const listeners: (() => void)[] = [];
  let lookedAt = { open: open(), tree: tree() };
  let current = shownOf(lookedAt.open, lookedAt.tree);
  let said = JSON.stringify(current);
  return {
    current: () => current,
    look() {
      if (lookedAt.open === open() && lookedAt.tree === tree()) return;
      lookedAt = { open: open(), tree: tree() };
      const next = shownOf(lookedAt.open, lookedAt.tree);
      const text = JSON.stringify(next);
      if (text === said) return;
      [current, said] = [next, text];
      for (const changed of listeners) changed();
    },
    listen: (changed) => void listeners.push(changed),
  };
}

function shownOf(open: readonly AlertRecord[], tree: OrgTree): LiveAlerts {
  const acknowledged = open.filter(({ acknowledgedAt }) => acknowledgedAt !== null).length;
  const first = [...open].sort(byNeed).slice(0, ALERTS_SHOWN);
  return {
    ...{ open: open.length - acknowledged, acknowledged },
    first: first.map((alert): LiveAlert => {
      const { id, kind, state, node, name, unitId, isUrgent, begin, times } = itemOf(tree, alert);
      return { id, kind, state, node, name, unitId, isUrgent, begin, times };
    }),
  };
}

/** Those that nobody sees to, urgent ones before others; of the same the newest. */
function byNeed(one: AlertRecord, other: AlertRecord): number {
  const isSeenTo = ({ acknowledgedAt }: AlertRecord) => Number(acknowledgedAt !== null);
  return (
    isSeenTo(one) - isSeenTo(other) || Number(other.isUrgent) - Number(one.isUrgent) || other.key - one.key
  );
}
