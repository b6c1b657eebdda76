/** The organisation tree and the terminals, in memory, following what the CLI changes in the store meanwhile. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { topicOf } from '../../protocol/topics.ts';
import { buildTree, type OrgTree, type Terminal } from '../domain/org.ts';
import type { Store } from '../store/store.ts';

export type RegisteredTerminal = Terminal & {
  windowKey: number;
  /** The topic its votes come on, made once. */
  votesTopic: string;
  secretHash: Buffer;
  lastSeenAt: number | null;
};

export type Registry = {
  tree(): OrgTree;
  terminal(id: string): RegisteredTerminal | undefined;
  terminals(): Iterable<RegisteredTerminal>;
  authenticate(terminalId: string, secret: Buffer): boolean;
  /** Reads the store again if another process has changed it. @returns whether anything has been read since the last call. */
  refresh(): boolean;
};

/**
 * SHA-256 of a terminal's secret. The secret is 256 random bits that the gateway has made, not a word a person has
 * chosen: there is nothing for a slow hash to protect, and 6,000 terminals that reconnect at once would wait for it.
 */
export function hashSecret(secret: Buffer): Buffer {
  return createHash('sha256').update(secret).digest();
}

export function createRegistry(store: Store): Registry {
  let tree: OrgTree;
  let terminals: Map<string, RegisteredTerminal>;
  let version = store.foreignVersion();

  const load = () => {
    const [units, windows, rows] = [store.units(), store.windows(), store.terminals()];
    tree = buildTree(units, windows, rows);
    terminals = new Map(
      rows.flatMap((row) => {
        const serviceWindow = tree.windowById.get(row.windowId);
        return serviceWindow
          ? [
              [
                row.id,
                { ...row, windowKey: serviceWindow.key, votesTopic: topicOf(row.id, 'votes') },
              ] as const,
            ]
          : [];
      }),
    );
  };
  load();

  let told = version;
  const follow = () => {
    const seen = store.foreignVersion();
    if (seen === version) return;
    version = seen;
    load();
  };

  return {
    tree: () => tree,
    terminal: (id) => terminals.get(id),
    terminals: () => terminals.values(),
    authenticate(terminalId, secret) {
      // A technician adds a terminal and it connects at once: do not make it wait for the next look.
      if (!terminals.has(terminalId)) follow();
      const expected = terminals.get(terminalId)?.secretHash;
      return expected !== undefined && timingSafeEqual(hashSecret(secret), expected);
    },
    refresh() {
      follow();
      const changed = version !== told;
      told = version;
      return changed;
    },
  };
}
