/** Units, windows and terminals into a store, as the command line would, in one go. */
import type { By } from '../../gateway/store/changes.ts';
import type { FleetStore } from '../../gateway/store/fleet.ts';
import type { OrgStore } from '../../gateway/store/org.ts';

export type Tree = {
  units?: { id: string; parentId?: string | null; name: string }[];
  windows?: { id: string; unitId: string; name: string }[];
  terminals?: { id: string; windowId: string }[];
};

const BY: By = { actor: { kind: 'cli', user: 'test' }, origin: 'local' };

export async function plant(
  { org, fleet }: { org: OrgStore; fleet: FleetStore },
  { units = [], windows = [], terminals = [] }: Tree,
): Promise<void> {
  await org.change(async (tx) => {
    for (const { id, parentId = null, name } of units) await tx.addUnit({ id, parentId, name });
    for (const one of windows) await tx.addWindow(one);
    return tx.audited({ by: BY, action: 'unit.add', target: { kind: 'data' } }, undefined);
  });
  await fleet.change(async (tx) => {
    for (const one of terminals) await tx.addTerminal(one);
    return tx.audited({ by: BY, action: 'terminal.add', target: { kind: 'data' } }, undefined);
  });
}

export function addSmallTown(store: { org: OrgStore; fleet: FleetStore }, windows = 2): Promise<void> {
  const numbers = Array.from({ length: windows }, (_, at) => at + 1);
  return plant(store, {
    units: [{ id: 'town', name: '云岭镇' }],
    windows: numbers.map((number) => ({ id: `w${number}`, unitId: 'town', name: `${number}号窗口` })),
    terminals: numbers.map((number) => ({ id: `t-${number}`, windowId: `w${number}` })),
  });
}
