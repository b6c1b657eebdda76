/** What people do about alerts, at the command line and over HTTP alike; each with its line in the audit. */
import { readReason } from '../audit/reasons.ts';
import { writeActor } from '../domain/actor.ts';
import { causeOf } from '../domain/alerts/found.ts';
import type { AlertComment, AlertFilter, AlertRecord, AlertStore, AlertTx } from '../store/alerts.ts';
import type { AuditLine, By } from '../store/changes.ts';
import { OrgRefusal } from '../store/failures.ts';
import type { Told } from './alert-watch.ts';

export type AlertDesk = {
  /** Newest first. */
  list(filter: AlertFilter, limit: number): Promise<AlertRecord[]>;
  /** @throws OrgRefusal `alert-unknown` */
  alert(id: string): Promise<{ alert: AlertRecord; comments: AlertComment[] }>;
  /** Whoever does so sees to it. Once more changes nothing. @throws OrgRefusal `alert-unknown`, `alert-closed`, `reason-invalid` */
  acknowledge(by: By, id: string, comment: string | null): Promise<AlertRecord>;
  /** The same cause opens another one only when it has come about anew. @throws as `acknowledge` */
  close(by: By, id: string, reason: string): Promise<AlertRecord>;
  /** @throws OrgRefusal `alert-unknown`, `reason-invalid` */
  comment(by: By, id: string, text: string): Promise<void>;
};

export type AlertDeskDeps = {
  store: AlertStore;
  now: () => number;
  /** In the transaction in which it is closed. */
  told(tx: AlertTx, told: readonly Told[]): Promise<void>;
};

export function createAlertDesk({ store, now, told }: AlertDeskDeps): AlertDesk {
  const lineOf = (by: By, action: string, alert: AlertRecord, reason: string | null): AuditLine => ({
    ...{ by, action, target: { kind: 'alert', id: alert.id } },
    detail: { cause: causeOf(alert), ...(reason !== null && { reason }) },
  });
  return {
    list: store.list,
    async alert(id) {
      const alert = requireAlert(await store.alert(id), id);
      return { alert, comments: await store.comments(alert.key) };
    },
    acknowledge(by, id, comment) {
      const text = comment === null ? null : readReason(comment);
      return store.change(async (tx) => {
        const alert = requireOpen(await tx.alert(id), id);
        const actor = writeActor(by.actor);
        if (!(await tx.acknowledge(id, now(), actor))) return tx.unchanged(alert);
        if (text !== null) await tx.comment(alert.key, { at: now(), by: actor, text });
        const changed = requireAlert(await tx.alert(id), id);
        return tx.audited(lineOf(by, 'alert.acknowledge', alert, text), changed);
      });
    },
    close(by, id, reason) {
      const why = readReason(reason);
      return store.change(async (tx) => {
        const alert = requireOpen(await tx.alert(id), id);
        await tx.close(id, { at: now(), by: writeActor(by.actor), why });
        const changed = requireAlert(await tx.alert(id), id);
        await told(tx, [{ event: 'closed', alert: changed }]);
        return tx.audited(lineOf(by, 'alert.close', alert, why), changed);
      });
    },
    comment(by, id, said) {
      const text = readReason(said);
      return store.change(async (tx) => {
        const alert = requireAlert(await tx.alert(id), id);
        await tx.comment(alert.key, { at: now(), by: writeActor(by.actor), text });
        return tx.audited(lineOf(by, 'alert.comment', alert, text), undefined);
      });
    },
  };
}

function requireAlert(alert: AlertRecord | undefined, id: string): AlertRecord {
  if (alert) return alert;
  throw new OrgRefusal('alert-unknown', `there is no alert ${id}: list them`);
}

function requireOpen(found: AlertRecord | undefined, id: string): AlertRecord {
  const alert = requireAlert(found, id);
  if (alert.closedAt === null) return alert;
  throw new OrgRefusal('alert-closed', `${id} has been closed by ${alert.closedBy}: comment on it instead`);
}
