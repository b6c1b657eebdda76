/**
 * What is shown of alerts as it happens, to each whose unit they are of: how many there are, and which somebody should look at first. Of what a
 * scope does not have, neither a number nor a moment is told in it.
 */
import { ALERTS_SHOWN, type LiveAlert, type LiveAlerts } from '../../protocol/live.ts';
import { type AlertScope, isToldIn } from '../domain/alerts/counter-kinds.ts';
import { type OrgTree, subtreeOf, unitsAbove } from '../domain/org.ts';
import type { AlertRecord } from '../store/alerts.ts';
import { itemOf, unitNow } from './alert-items.ts';

export type LiveAlertsDeps = {
  open: () => readonly AlertRecord[];
  tree: () => OrgTree;
  /** Is what is pressed in this unit held back from whoever is bound to one? */
  holdsBack(unitId: string): boolean;
};

export type WatchedAlerts = { current(): LiveAlerts; stop(): void };

export type LiveAlertsSource = {
  /** @param changed is called when what is shown in this scope is another, and only then */
  watch(scope: AlertScope, changed: () => void): WatchedAlerts;
  /** Cheap where no alert and no unit is another one. */
  look(): void;
};

/** Of all who look at the same. */
type View = { scope: AlertScope; current: LiveAlerts; said: string; listeners: Set<() => void> };

export function createLiveAlerts({ open, tree, holdsBack }: LiveAlertsDeps): LiveAlertsSource {
  const views = new Map<string, View>();
  let lookedAt = { open: open(), tree: tree() };
  return {
    watch(scope, changed) {
      const name = JSON.stringify([scope.unitId, scope.isHeldBack]);
      let view = views.get(name);
      if (!view) {
        const [current] = shownIn([scope], open(), tree(), holdsBack) as [LiveAlerts];
        view = { scope, current, said: JSON.stringify(current), listeners: new Set() };
        views.set(name, view);
      }
      const { listeners } = view;
      // Whoever watches twice is told twice.
      const listener = () => changed();
      listeners.add(listener);
      const own = view;
      return {
        current: () => own.current,
        stop() {
          listeners.delete(listener);
          if (listeners.size === 0 && views.get(name) === own) views.delete(name);
        },
      };
    },
    look() {
      if (lookedAt.open === open() && lookedAt.tree === tree()) return;
      lookedAt = { open: open(), tree: tree() };
      const those = [...views.values()];
      const shown = shownIn(
        those.map(({ scope }) => scope),
        lookedAt.open,
        lookedAt.tree,
        holdsBack,
      );
      those.forEach((view, at) => {
        const next = shown[at] as LiveAlerts;
        const text = JSON.stringify(next);
        if (text === view.said) return;
        [view.current, view.said] = [next, text];
        for (const changed of view.listeners) changed();
      });
    },
  };
}

/**
 * All of them are gone through once, however many units are looked at. They are of the unit where what they are about stands now; one that rests
 * on votes is held back where either that unit or the one in which it opened says so.
 */
function shownIn(
  scopes: readonly AlertScope[],
  open: readonly AlertRecord[],
  tree: OrgTree,
  holdsBack: LiveAlertsDeps['holdsBack'],
): LiveAlerts[] {
  const wasHeld = new Set(
    open.filter((alert) => unitNow(tree, alert) !== alert.unitId && holdsBack(alert.unitId)),
  );
  const ofUnits = new Map<string, AlertRecord[]>();
  for (const { unitId } of scopes) if (unitId !== null) ofUnits.set(unitId, []);
  if (ofUnits.size > 0)
    for (const alert of open)
      for (const { id } of unitsAbove(tree, unitNow(tree, alert))) ofUnits.get(id)?.push(alert);
  return scopes.map((scope) => {
    const { unitId } = scope;
    const those = unitId === null ? open : (ofUnits.get(unitId) ?? []);
    const names = unitId === null ? tree : subtreeOf(tree, unitId);
    return shownOf(
      those.filter((alert) => {
        const isHeldBack = scope.isHeldBack || (unitId !== null && wasHeld.has(alert));
        return isToldIn({ unitId, isHeldBack }, alert.kind);
      }),
      names,
    );
  });
}

function shownOf(open: readonly AlertRecord[], tree: OrgTree): LiveAlerts {
  const acknowledged = open.filter(({ acknowledgedAt }) => acknowledgedAt !== null).length;
  const first = [...open].sort(byNeed).slice(0, ALERTS_SHOWN);
  return {
    ...{ open: open.length - acknowledged, acknowledged },
    first: first.map((alert): LiveAlert => {
      const { id, kind, state, node, name, isUrgent, begin, times } = itemOf(tree, alert);
      // Of a subtree, the unit in which it opened may not exist.
      const unitId = unitNow(tree, alert);
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
