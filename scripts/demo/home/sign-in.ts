/** How to get in: the administrator's password and the links of programs, told once by the gateway and kept in `demo.json`. */
import { randomBytes } from 'node:crypto';
import type { By } from '../../../gateway/store/changes.ts';
import { type DemoFile, readDemoFile, writeDemoFile } from './accounts.ts';
import type { Home } from './home.ts';

export type SignIn = { name: string; password: string; wallToken: string; metricsToken: string };

/** After the district was made: the file is there. */
export async function prepareSignIn(dataDir: string, { people }: Home): Promise<SignIn> {
  const kept = readDemoFile(dataDir);
  const keep = (more: DemoFile) => writeDemoFile(dataDir, more);
  // The gateway takes it when it makes its first account.
  const adminPassword = kept.adminPassword ?? randomBytes(12).toString('base64url');
  keep({ ...kept, adminPassword });
  const links = await people.links.list();
  const tokenOf = async (which: 'wallLink' | 'metricsLink', kind: 'wall' | 'metrics', name: string) => {
    const held = kept[which];
    const isGood = links.some(({ id, revokedAt }) => id === held?.id && revokedAt === null);
    if (held && isGood) return held.token;
    const { link, token } = await people.links.add(BY, { kind, name, unitId: null });
    keep({ ...readDemoFile(dataDir), [which]: { id: link.id, token } });
    return token;
  };
  return {
    name: 'admin',
    password: adminPassword,
    wallToken: await tokenOf('wallLink', 'wall', '演示大屏'),
    metricsToken: await tokenOf('metricsLink', 'metrics', '演示指标'),
  };
}

const BY: By = { actor: { kind: 'cli', user: 'demo' }, origin: 'local' };
