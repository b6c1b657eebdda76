/** The organisation tree and the terminals, in memory, following what the CLI changes in the store meanwhile. */
import { topicOf } from '../../protocol/topics.ts';
import { buildTree, type OrgTree, type Terminal } from '../domain/org.ts';
import type { OrgReads } from '../store/org.ts';

export type RegisteredTerminal = Terminal & {
  windowKey: number;
  /** The topic its votes come on, made once. */
  votesTopic: string;
  lastSeenAt: number | null;
};

export type Registry = {
  tree(): OrgTree;
  terminal(id: string): RegisteredTerminal | undefined;
  terminalByKey(key: number): RegisteredTerminal | undefined;
  terminals(): Iterable<RegisteredTerminal>;
  /** Reads the store again. @returns whether units, windows or terminals are others than before. */
  reload(): Promise<boolean>;
};

export async function createRegistry(store: OrgReads): Promise<Registry> {
  let tree: OrgTree = buildTree([], [], []);
  let terminals = new Map<string, RegisteredTerminal>();
  let byKey = new Map<number, RegisteredTerminal>();
  let fingerprint = '';

  const reload = async (): Promise<boolean> => {
    const [units, windows, rows] = await Promise.all([store.units(), store.windows(), store.terminals()]);
    const read = JSON.stringify([units, windows, rows.map(({ key, id, windowId }) => [key, id, windowId])]);
    if (read === fingerprint) return false;
    fingerprint = read;
    tree = buildTree(units, windows, rows);
    terminals = new Map(
      rows.flatMap((row) => {
        const serviceWindow = tree.windowById.get(row.windowId);
        if (!serviceWindow) return [];
        const votesTopic = topicOf(row.id, 'votes');
        return [[row.id, { ...row, windowKey: serviceWindow.key, votesTopic }] as const];
      }),
    );
    byKey = new Map([...terminals.values()].map((terminal) => [terminal.key, terminal]));
    return true;
  };
  await reload();

  return {
    tree: () => tree,
    terminal: (id) => terminals.get(id),
    terminalByKey: (key) => byKey.get(key),
    terminals: () => terminals.values(),
    reload,
  };
}
