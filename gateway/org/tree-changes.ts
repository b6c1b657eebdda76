/** What people change in the tree, at the command line and over HTTP alike: each change is in the audit or not done. */
import { readShownText } from '../domain/shown-text.ts';
import type { AuditLine, By } from '../store/changes.ts';
import { OrgRefusal } from '../store/failures.ts';
import type { OrgStore } from '../store/org.ts';

/** What is left out stays. @property parentId null: to the top */
export type UnitChange = { name?: string; parentId?: string | null };
export type WindowChange = { name?: string; unitId?: string };

export type TreeChanges = {
  /**
   * It holds from now on, and of the quarter of an hour under way.
   * @returns the moment from which it holds
   * @throws OrgRefusal `unit-unknown`, `unit-below-itself`, `place-same`, `name-same`, `text-invalid`
   */
  changeUnit(by: By, id: string, change: UnitChange): Promise<{ from: number }>;
  /** @throws OrgRefusal `window-unknown`, `unit-unknown`, `place-same`, `name-same`, `text-invalid` */
  changeWindow(by: By, id: string, change: WindowChange): Promise<{ from: number }>;
};

export type TreeChangesDeps = {
  store: OrgStore;
  now: () => number;
  /** The tree is another now: for whoever holds it in memory. */
  changed?(): Promise<void>;
};

/** Characters of the name of a unit or a window. */
export const MAX_NAME_CHARS = 80;

export function createTreeChanges({ store, now, changed = async () => {} }: TreeChangesDeps): TreeChanges {
  return {
    async changeUnit(by, id, { name, parentId }) {
      const text = name === undefined ? undefined : readName(name);
      const from = await store.change(async (tx) => {
        const at = now();
        const lines: AuditLine[] = [];
        const target = { kind: 'unit', id } as const;
        let from = at;
        if (parentId !== undefined) {
          const moved = await tx.moveUnit(id, parentId, at);
          from = moved.from;
          lines.push({ by, action: 'unit.move', target, detail: { parentId, ...moved } });
        }
        if (text !== undefined) {
          const renamed = await tx.renameUnit(id, text, at);
          from = renamed.from;
          lines.push({ by, action: 'unit.rename', target, detail: { name: text, ...renamed } });
        }
        return tx.audited(some(lines), from);
      });
      await changed();
      return { from };
    },
    async changeWindow(by, id, { name, unitId }) {
      const text = name === undefined ? undefined : readName(name);
      const from = await store.change(async (tx) => {
        const at = now();
        const lines: AuditLine[] = [];
        const target = { kind: 'window', id } as const;
        let from = at;
        if (unitId !== undefined) {
          const moved = await tx.moveWindow(id, unitId, at);
          from = moved.from;
          lines.push({ by, action: 'window.move', target, detail: { unitId, ...moved } });
        }
        if (text !== undefined) {
          const renamed = await tx.renameWindow(id, text, at);
          from = renamed.from;
          lines.push({ by, action: 'window.rename', target, detail: { name: text, ...renamed } });
        }
        return tx.audited(some(lines), from);
      });
      await changed();
      return { from };
    },
  };
}

function some(lines: readonly AuditLine[]): readonly [AuditLine, ...AuditLine[]] {
  const [first, ...rest] = lines;
  if (!first) throw new Error('a change of the tree that changes nothing');
  return [first, ...rest];
}

function readName(given: string): string {
  const { text, fault } = readShownText(given, MAX_NAME_CHARS);
  if (text === null) throw new OrgRefusal('text-invalid', `give another name: it ${fault}`);
  return text;
}
