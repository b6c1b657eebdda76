/** How to get in: the administrator's password and the wall's link, told once by the gateway and kept in `demo.json`. */
import { randomBytes } from 'node:crypto';
import type { By } from '../../../gateway/store/changes.ts';
import { readDemoFile, writeDemoFile } from './accounts.ts';
import type { Home } from './home.ts';

export type SignIn = { name: string; password: string; wallToken: string };

/** After the district was made: the file is there. */
export async function prepareSignIn(dataDir: string, { people }: Home): Promise<SignIn> {
  const kept = readDemoFile(dataDir);
  const name = 'admin';
  // The gateway takes it when it makes its first account.
  const password = kept.adminPassword ?? randomBytes(12).toString('base64url');
  writeDemoFile(dataDir, { ...kept, adminPassword: password });
  const links = await people.links.list();
  const isGood = links.some(({ id, revokedAt }) => id === kept.wallLink?.id && revokedAt === null);
  if (kept.wallLink && isGood) return { name, password, wallToken: kept.wallLink.token };
  const { link, token } = await people.links.add(BY, { kind: 'wall', name: '演示大屏', unitId: null });
  writeDemoFile(dataDir, { ...kept, adminPassword: password, wallLink: { id: link.id, token } });
  return { name, password, wallToken: token };
}

const BY: By = { actor: { kind: 'cli', user: 'demo' }, origin: 'local' };
