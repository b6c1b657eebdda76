/** Who is told of an alert, and when: in the transaction in which it is opened or closed. */
import { COUNTER_KINDS } from '../../domain/alerts/counter-kinds.ts';
import { tellAt } from '../../domain/alerts/quiet-hours.ts';
import type { OrgTree } from '../../domain/org.ts';
import { unitsAbove } from '../../domain/org.ts';
import type { AlertTarget, NewDelivery } from '../../store/alert-targets.ts';
import type { AlertRecord, AlertTx } from '../../store/alerts.ts';
import type { AlertBook } from '../alert-book.ts';
import { itemOf } from '../alert-items.ts';
import type { Told } from '../alert-watch.ts';
import type { DeliveryBody } from './delivery-body.ts';

export type AnnouncerDeps = {
  tree: () => OrgTree;
  book: Pick<AlertBook, 'ofUnit' | 'ofWindow'>;
  /** Clocks of where it is: see `createZonedTime`. */
  zonedOf(alert: AlertRecord): (atMs: number) => string;
  /** Are votes shown in steps to whoever is bound to this unit? */
  holdsBack(unitId: string | null): boolean;
  now: () => number;
  newId(): string;
  /** So many that waited were dropped. */
  dropped(count: number): void;
};

export type Announcer = (tx: AlertTx, told: readonly Told[]) => Promise<void>;

export function createAnnouncer(deps: AnnouncerDeps): Announcer {
  const { tree, book, zonedOf, holdsBack, now, newId, dropped } = deps;

  const quietOf = ({ node, unitId }: AlertRecord) => {
    const [kind = '', id = ''] = node.split(':');
    return (kind === 'window' && tree().windowById.has(id) ? book.ofWindow(id) : book.ofUnit(unitId)).quiet;
  };
  const dueAt = (alert: AlertRecord) =>
    alert.isUrgent ? now() : tellAt(now(), quietOf(alert), zonedOf(alert));

  const deliveryOf = ({ event, alert }: Told, { key }: AlertTarget): NewDelivery => {
    const id = newId();
    const madeAt = now();
    const name = `alert.${event}` as const;
    const path = tree().pathOf.get(alert.unitId) ?? [];
    const told: DeliveryBody = { id, event: name, at: madeAt, alert: itemOf(tree(), alert), path };
    const body = JSON.stringify(told);
    return { id, targetKey: key, alertKey: alert.key, event: name, body, madeAt, dueAt: dueAt(alert) };
  };

  return async (tx, told) => {
    if (told.length === 0) return;
    const targets = await tx.targets();
    if (targets.length === 0) return;
    const deliveries: NewDelivery[] = [];
    const held = new Map<string | null, boolean>();
    /** Asked whenever it is told: privacy may be another than when the target was set. */
    const mayHear = ({ unitId }: AlertTarget, { kind }: AlertRecord) => {
      if (COUNTER_KINDS.includes(kind)) return true;
      const isHeld = held.get(unitId) ?? holdsBack(unitId);
      held.set(unitId, isHeld);
      return !isHeld;
    };
    for (const one of told) {
      const meant = targets.filter(
        (target) => isFor(target, one.alert, tree()) && mayHear(target, one.alert),
      );
      if (one.event === 'opened') {
        deliveries.push(...meant.map((target) => deliveryOf(one, target)));
        continue;
      }
      // Opened and ended in quiet hours: nobody hears of it.
      const { toldTargetKeys } = await tx.untell(one.alert.key, now());
      deliveries.push(
        ...meant.filter(({ key }) => toldTargetKeys.includes(key)).map((target) => deliveryOf(one, target)),
      );
    }
    const count = await tx.tell(deliveries);
    if (count > 0) dropped(count);
  };
}

/** A single vote is told only to those of whom it was said. */
function isFor({ unitId, kinds }: AlertTarget, alert: AlertRecord, tree: OrgTree): boolean {
  if (kinds === null ? alert.kind === 'unsatisfied' : !kinds.includes(alert.kind)) return false;
  return unitId === null || unitsAbove(tree, alert.unitId).some(({ id }) => id === unitId);
}
