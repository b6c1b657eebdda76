/** Whoever is told of a unit where votes are shown in steps is told nothing that a single vote opens or closes. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAnnouncer } from '../../../gateway/alerts/delivery/announcer.ts';
import { createTargetDesk } from '../../../gateway/alerts/delivery/target-desk.ts';
import { DEFAULT_ALERTS } from '../../../gateway/domain/alerts/alert-settings.ts';
import { createZonedTime } from '../../../gateway/domain/zoned-time.ts';
import { createRegistry } from '../../../gateway/org/registry.ts';
import { openPrivacyBook, type PrivacyBook } from '../../../gateway/privacy/privacy-book.ts';
import { createPrivacyChanges } from '../../../gateway/privacy/privacy-changes.ts';
import { readTreeThen } from '../../../gateway/scores/kept-tree-then.ts';
import type { By } from '../../../gateway/store/changes.ts';
import type { SqliteStore } from '../../../gateway/store/sqlite/sqlite-store.ts';
import { ALERT_KINDS, type AlertKind } from '../../../protocol/alert.ts';
import { createStoreHome } from '../../support/store.ts';
import { plant } from '../../support/tree.ts';

const BY: By = { actor: { kind: 'account', name: 'admin' }, origin: '10.0.0.1' };
const NOW = 1_795_000_000_000;
const OF_VOTES: AlertKind[] = ['unsatisfied', 'unsatisfied-rising', 'rate-under-target'];
const OTHERS = ALERT_KINDS.filter((kind) => !OF_VOTES.includes(kind));
let at = NOW;
const now = () => at;

describe('what is told of a unit where votes are shown in steps', () => {
  let store: SqliteStore;
  let privacy: PrivacyBook;
  let registry: Awaited<ReturnType<typeof createRegistry>>;
  const tree = () => registry.tree();
  let dispose: () => void;
  let ids = 0;
  beforeEach(async () => {
    const home = createStoreHome();
    store = home.open();
    await plant(store, {
      units: [
        { id: 'city', name: '云岭市' },
        ...['east', 'west'].map((id) => ({ id, name: id, parentId: 'city' })),
      ],
      windows: ['east', 'west'].map((unitId) => ({ id: `w-${unitId}`, unitId, name: unitId })),
      terminals: [],
    });
    at = NOW;
    registry = await createRegistry(store.org);
    privacy = await openPrivacyBook(store.privacy, tree, { treeThen: readTreeThen(store.org), now });
    dispose = () => {
      store.close();
      home.dispose();
    };
  });
  afterEach(() => dispose());

  const show = async (unit: string, isOn: boolean) => {
    const changes = createPrivacyChanges({ store: store.privacy, tree, now });
    await changes.set(BY, { unit, settings: { isOn }, reason: 'x' });
    await privacy.reload();
  };
  const desk = () =>
    createTargetDesk({
      ...{ store: store.alertTargets, now, canMail: true, holdsBack: (unitId) => privacy.holdsBack(unitId) },
      newId: (prefix) => `${prefix}-${++ids}`,
      async seal() {
        throw new Error('mail has no secret');
      },
    });
  const add = async (unitId: string | null, kinds: AlertKind[] | null) => {
    const asked = { channel: 'email', name: 'x', address: 'a@example.org', language: 'zh' } as const;
    return (await desk().add(BY, { ...asked, unitId, kinds })).target.id;
  };
  const refused = (adding: Promise<string>) => adding.then(String, ({ code }: { code: string }) => code);
  /** One alert of each kind at the window in the east is opened, and closed. @returns what the target is told of */
  const toldOf = async (id: string) => {
    const told = createAnnouncer({
      ...{ tree, now, zonedOf: () => createZonedTime('Asia/Shanghai'), dropped() {} },
      ...{ newId: () => `ad-${++ids}`, holdsBack: (unitId) => privacy.holdsBack(unitId) },
      book: { ofUnit: () => DEFAULT_ALERTS, ofWindow: () => DEFAULT_ALERTS },
    });
    await store.alerts.change(async (tx) => {
      for (const kind of ALERT_KINDS) {
        const times = { begin: NOW, last: NOW, openedAt: NOW, times: 1, detail: {}, isUrgent: true };
        const made = { ...times, id: `a-${++ids}`, kind, node: 'window:w-east', unitId: 'east' };
        const alert = await tx.add(made);
        if (alert === null) throw new Error('one is open');
        await told(tx, [{ event: 'opened', alert }]);
        const closedAt = NOW;
        await tx.close(alert.id, { at: closedAt, by: 'gateway', why: 'ended' });
        await told(tx, [{ event: 'closed', alert: { ...alert, closedAt } }]);
      }
      const line = { by: BY, action: 'test', target: { kind: 'alerts' } } as const;
      return tx.audited(line, undefined);
    });
    const deliveries = await desk().deliveries(100, id);
    expect(deliveries.filter(({ event }) => event === 'alert.closed')).toHaveLength(deliveries.length / 2);
    return deliveries.length / 2;
  };

  it.each(OF_VOTES)(
    '%s is refused for the unit and for any above it, and taken for all, or without privacy',
    async (kind) => {
      for (const unitId of ['east', 'city'])
        expect(await refused(add(unitId, ['terminal-silent', kind]))).toBe('alert-kinds-withheld');
      expect(await desk().targets()).toEqual([]);
      expect(await refused(add('nowhere', [kind]))).toBe('unit-unknown');
      await add(null, [kind]);
      await add('east', OTHERS);
      await show('east', false);
      await add('east', [kind]);
      expect(await refused(add('city', [kind]))).toBe('alert-kinds-withheld');
    },
  );

  it('is no kind of these, whatever was set before', async () => {
    await show('east', false);
    const [everything, named, all] = [
      await add('east', null),
      await add('east', OF_VOTES),
      await add(null, null),
    ];
    expect(await toldOf(everything)).toBe(ALERT_KINDS.length - 1);
    const before = [await count(named), await count(all)];
    expect(before).toEqual([2 * OF_VOTES.length, 2 * (ALERT_KINDS.length - 1)]);
    await show('east', true);
    expect(await toldOf(everything)).toBe(ALERT_KINDS.length - 1 + OTHERS.length);
    expect([await count(named), await count(all)]).toEqual([
      2 * OF_VOTES.length,
      4 * (ALERT_KINDS.length - 1),
    ]);
  });

  it('is held back still where a window in steps has moved away, for as long as its votes are in live figures', async () => {
    await plant(store, { windows: [{ id: 'x', unitId: 'east', name: 'x' }] });
    await registry.reload();
    await show('east', false);
    const changes = createPrivacyChanges({ store: store.privacy, tree, now });
    await changes.set(BY, { window: 'w-east', settings: { isOn: true }, reason: 'x' });
    await privacy.reload();
    expect(privacy.holdsBack('east')).toBe(true);
    await store.org.change(async (tx) => {
      await tx.moveWindow('w-east', 'west', NOW);
      return tx.audited({ by: BY, action: 'window.move', target: { kind: 'data' } }, undefined);
    });
    await registry.reload();
    // Also before the book has read where it stood.
    expect(privacy.holdsBack('east')).toBe(true);
    await privacy.reload();
    expect(privacy.holdsBack('east')).toBe(true);
    const day = 86_400_000;
    at = NOW + 31 * day;
    expect(privacy.holdsBack('east')).toBe(true);
    at = NOW + 33 * day;
    expect([privacy.holdsBack('east'), privacy.holdsBack('west')]).toEqual([false, true]);
  });

  const count = async (id: string) => (await desk().deliveries(100, id)).length;
});
