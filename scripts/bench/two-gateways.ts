/** Two gateways on one database: what is pressed at the first is looked at at the second. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHome, startGateway } from './gateway.ts';
import { PRESS_TERMINALS, type Stage } from './press-to-wall.ts';

/** @param address of an empty database */
export async function openPair(address: string): Promise<Stage> {
  const home = await createHome(PRESS_TERMINALS, address);
  const other = cloneKeys(home.dataDir);
  const env = { MANYI_DATABASE: address };
  const terminals = await startGateway(home.dataDir, { env });
  const walls = await startGateway(other, { env });
  return {
    ...{ home, mqttPort: terminals.mqttPort, httpPort: walls.httpPort },
    async close() {
      await walls.child.end();
      await terminals.child.end();
      rmSync(other, { recursive: true, force: true });
      home.dispose();
    },
  };
}

/** Another machine's data folder, which has the same keys. */
function cloneKeys(dataDir: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'manyi-bench-other-'));
  for (const name of ['pki', 'audit.key'])
    cpSync(join(dataDir, name), join(folder, name), { recursive: true });
  return folder;
}
