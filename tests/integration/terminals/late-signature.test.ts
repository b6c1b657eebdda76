/** A request for a certificate that is being signed while the one that it came with is withdrawn by the command line. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createEnrolment } from '../../../gateway/fleet/enrolment.ts';
import { createRegistry } from '../../../gateway/org/registry.ts';
import { authorityOf, makeRequest } from '../../support/certificates.ts';
import { createStoreHome, type StoreHome } from '../../support/store.ts';
import { addSmallTown } from '../../support/tree.ts';

let home: StoreHome;
let folder: string;
beforeEach(() => {
  home = createStoreHome();
  folder = mkdtempSync(join(tmpdir(), 'manyi-late-'));
});
afterEach(() => {
  home.dispose();
  rmSync(folder, { recursive: true, force: true });
});

it('leaves no certificate that nobody has withdrawn', async () => {
  const store = home.open();
  await addSmallTown(store);
  const [terminal] = (await createRegistry(store.org)).terminals();
  if (!terminal) throw new Error('no terminal');
  const authority = await authorityOf(folder);
  const issued: string[] = [];
  let isCut = false;
  const enrolment = await createEnrolment({
    store: store.fleet,
    authority,
    now: Date.now,
    monotonic: () => performance.now(),
    days: 1,
    issued: async (_terminal, { serial }) => void issued.push(serial),
    // The connections of what has been withdrawn are cut by whoever follows the store.
    follow: async () => {
      isCut = true;
      return true;
    },
  });
  const { csr } = await makeRequest();
  const asker = { code: null, address: '10.0.0.1', isOpen: () => !isCut };
  const answer = await enrolment.answer(terminal, Buffer.from(JSON.stringify({ csr })), asker);
  expect(answer).not.toHaveProperty('certificate');
  expect([await store.fleet.certificates(), issued]).toEqual([[], []]);
  store.close();
});
