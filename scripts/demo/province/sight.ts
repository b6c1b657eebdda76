/** What is seen of the province from outside: each gateway's own count of its terminals, and the votes that are in the database. */
import { createConnection } from '../../../gateway/store/postgres/connection.ts';
import type { Letter, ProvinceGateway } from './gateways.ts';

export type Seen = {
  /** Terminals connected to it; null for a gateway that does not answer. */
  terminals: Readonly<Record<Letter, number | null>>;
  /** Votes of the fleet that are stored: counted; null until the database has answered. */
  stored: number | null;
};

export type Sight = {
  /** Looks twice a second. */
  start(changed: () => void): void;
  now(): Seen;
  /** At the gateways, at once. */
  look(): Promise<void>;
  /** From the votes themselves. @throws StoreFailure */
  countStored(): Promise<number>;
  stop(): Promise<void>;
};

export type SightOptions = {
  gateways: readonly ProvinceGateway[];
  metricsToken: string;
  database: string;
  terminalIds: readonly string[];
};

const EVERY_MS = 500;
const PATIENCE_MS = 2_000;
const STORED = `
  SELECT count(*)::int4 AS stored FROM votes v
  JOIN sources s ON s.key = v.source_key JOIN terminals t ON t.key = s.terminal_key WHERE t.id = ANY($1)`;

export function createSight({ gateways, metricsToken, database, terminalIds }: SightOptions): Sight {
  const connection = createConnection({
    ...{ address: database, label: 'manyi demo' },
    ...{ connectTimeoutMs: PATIENCE_MS, timeoutMs: PATIENCE_MS },
  });
  let terminals: Seen['terminals'] = { A: null, B: null };
  let stored: number | null = null;
  let isOver = false;
  const timers = new Set<NodeJS.Timeout>();

  const countTerminals = async ({ isUp, url }: ProvinceGateway): Promise<number | null> => {
    if (!isUp) return null;
    try {
      const headers = { authorization: `Bearer ${metricsToken}` };
      const response = await fetch(`${url}/metrics`, { headers, signal: AbortSignal.timeout(PATIENCE_MS) });
      const [, count] = /^manyi_mqtt_connections (\d+)$/m.exec(await response.text()) ?? [];
      return count === undefined ? null : Number(count);
    } catch {
      return null;
    }
  };
  const look = async () => {
    const [A = null, B = null] = await Promise.all(gateways.map(countTerminals));
    terminals = { A, B };
  };
  const countStored = async (): Promise<number> => {
    const [row] = await connection.rows<{ stored: number }>({ text: STORED, values: [terminalIds] });
    return row?.stored ?? 0;
  };
  const every = (act: () => Promise<void>) => {
    void act().then(() => {
      if (isOver) return;
      const timer = setTimeout(() => {
        timers.delete(timer);
        every(act);
      }, EVERY_MS);
      timers.add(timer);
    });
  };

  return {
    start(changed: () => void) {
      every(async () => {
        await look();
        changed();
      });
      every(async () => {
        stored = await countStored().catch(() => stored);
        changed();
      });
    },
    now: () => ({ terminals, stored }),
    ...{ look, countStored },
    async stop() {
      isOver = true;
      for (const timer of timers) clearTimeout(timer);
      await connection.close();
    },
  };
}
