import type { By } from '../store/changes.ts';
import type { Store } from '../store/store.ts';

export type Audit = (by: By, action: string, target: string, detail?: Record<string, unknown>) => void;

export function createAudit(store: Pick<Store, 'appendAudit'>, now: () => number): Audit {
  return ({ actor, origin }, action, target, detail = {}) =>
    store.appendAudit({ at: now(), actor, origin, action, target, detail });
}
