/** Two gateways on one database: what is pressed at the first is looked at at the second. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sealKeyIn } from '../../gateway/store/seal-key.ts';
import { createHome, startGateway } from './gateway.ts';
import { type OpenStage, PRESS_TERMINALS } from './press-to-wall.ts';

/** @param address of an empty database */
export async function openPair(address: string): Promise<OpenStage> {
  const home = await createHome(PRESS_TERMINALS, address);
  const env = { MANYI_DATABASE: address };
  const terminals = await startGateway(home.dataDir, { env });
  // Another machine's data folder: it has the key of the seal, and nothing else.
  const other = mkdtempSync(join(tmpdir(), 'manyi-bench-other-'));
  copyFileSync(sealKeyIn(home.dataDir), sealKeyIn(other));
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
