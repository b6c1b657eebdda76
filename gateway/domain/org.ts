/** The organisation tree as the rest of the gateway sees it. `key` is a small integer given by the store, stable for good. */
export type Unit = { key: number; id: string; parentId: string | null; name: string };
export type ServiceWindow = { key: number; id: string; unitId: string; name: string };
export type Terminal = { key: number; id: string; windowId: string };

/** What a unit or window was called and which unit it stood under, from a moment on and until its next version. */
export type OrgVersion = {
  kind: 'unit' | 'window';
  key: number;
  /** Null: the unit was at the top. */
  parentKey: number | null;
  name: string;
  /** UTC milliseconds, the beginning of a quarter of an hour; 0: ever. A vote goes by the quarter that it was pressed in. */
  from: number;
};

export type OrgTree = {
  /** Parents before children. */
  units: readonly Unit[];
  windows: readonly ServiceWindow[];
  unitById: ReadonlyMap<string, Unit>;
  unitByKey: ReadonlyMap<number, Unit>;
  windowById: ReadonlyMap<string, ServiceWindow>;
  windowByKey: ReadonlyMap<number, ServiceWindow>;
  /** Windows directly under a unit. */
  windowsOf: ReadonlyMap<string, readonly ServiceWindow[]>;
  childrenOf: ReadonlyMap<string, readonly Unit[]>;
  terminalsOf: ReadonlyMap<string, readonly Terminal[]>;
  /** Names from the top of the tree down to a unit. */
  pathOf: ReadonlyMap<string, readonly string[]>;
};

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

export function buildTree(
  units: readonly Unit[],
  windows: readonly ServiceWindow[],
  terminals: readonly Terminal[],
): OrgTree {
  const childrenOf = groupBy(units, (unit) => unit.parentId ?? '');
  const ordered: Unit[] = [];
  const pathOf = new Map<string, string[]>();
  const visit = (parentId: string, path: string[]) => {
    for (const unit of childrenOf.get(parentId) ?? []) {
      ordered.push(unit);
      pathOf.set(unit.id, [...path, unit.name]);
      visit(unit.id, [...path, unit.name]);
    }
  };
  visit('', []);
  return {
    units: ordered,
    windows,
    unitById: new Map(units.map((unit) => [unit.id, unit])),
    unitByKey: new Map(units.map((unit) => [unit.key, unit])),
    windowById: new Map(windows.map((item) => [item.id, item])),
    windowByKey: new Map(windows.map((item) => [item.key, item])),
    windowsOf: groupBy(windows, (item) => item.unitId),
    childrenOf,
    terminalsOf: groupBy(terminals, (terminal) => terminal.windowId),
    pathOf,
  };
}

/** The unit itself and every unit above it, nearest first. */
export function unitsAbove(tree: OrgTree, unitId: string): Unit[] {
  const chain: Unit[] = [];
  for (let id: string | null = unitId; id !== null; ) {
    const unit = tree.unitById.get(id);
    if (!unit) break;
    chain.push(unit);
    id = unit.parentId;
  }
  return chain;
}

/** Ids of the unit itself and every unit below it. */
export function unitsBelow(tree: OrgTree, unitId: string): Set<string> {
  const found = new Set([unitId]);
  for (const unit of tree.units) {
    if (unit.parentId !== null && found.has(unit.parentId)) found.add(unit.id);
  }
  return found;
}

/** Keys of the windows at the unit and at those below it. */
export function windowKeysBelow(tree: OrgTree, unitId: string): number[] {
  const below = unitsBelow(tree, unitId);
  return tree.windows.flatMap(({ key, unitId: at }) => (below.has(at) ? key : []));
}

/**
 * The units that are compared with each other: the first generation below the top with more than one member; where there is none,
 * the units that hold windows.
 */
export function comparedUnits(tree: OrgTree): readonly Unit[] {
  let generation = tree.units.slice(0, 1);
  while (generation.length > 0) {
    generation = generation.flatMap(({ id }) => tree.childrenOf.get(id) ?? []);
    if (generation.length > 1) return generation;
  }
  return tree.units.filter(({ id }) => tree.windowsOf.has(id));
}

const subtrees = new WeakMap<OrgTree, Map<string, OrgTree>>();

/**
 * A unit and what is below it, as a tree of its own: its top has no parent, paths begin at it. Empty when there is no
 * such unit. Made once a tree and unit.
 */
export function subtreeOf(tree: OrgTree, unitId: string): OrgTree {
  const known = subtrees.get(tree) ?? new Map<string, OrgTree>();
  subtrees.set(tree, known);
  let subtree = known.get(unitId);
  if (!subtree) {
    const below = unitsBelow(tree, unitId);
    const units = tree.units
      .filter(({ id }) => below.has(id))
      .map((unit) => (unit.id === unitId ? { ...unit, parentId: null } : unit));
    const windows = tree.windows.filter((serviceWindow) => below.has(serviceWindow.unitId));
    const terminals = windows.flatMap(({ id }) => tree.terminalsOf.get(id) ?? []);
    subtree = buildTree(units, windows, terminals);
    known.set(unitId, subtree);
  }
  return subtree;
}
