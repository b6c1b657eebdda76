import type { Store } from '../store/store.ts';

/** Who asks, and from where: `account:NAME`, `cli:USER` or `gateway`; an address or `local`. */
export type By = { actor: string; origin: string };

export type Audit = (by: By, action: string, target: string, detail?: Record<string, unknown>) => void;

export function createAudit(store: Pick<Store, 'appendAudit'>, now: () => number): Audit {
  return ({ actor, origin }, action, target, detail = {}) =>
    store.appendAudit({ at: now(), actor, origin, action, target, detail });
}
