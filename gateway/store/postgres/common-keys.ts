/**
 * What every gateway on the database has in common, when one opens it: the keys are there and can be opened, or they are taken out
 * of the data folder that the database was used with, once. Nothing is made where something must be elsewhere.
 */
import { isGenuineHead } from '../audit-chain.ts';
import { StoreFailure } from '../failures.ts';
import { KEY_NAMES, type KeyName, type KeyStore } from '../keys.ts';
import type { SealedKeys } from '../sql/sealed-keys.ts';
import { openAuditKey, readSignedHead, refuseForeign } from './audit-key.ts';
import type { Connection } from './connection.ts';

/** There are terminals that trust an authority, or are about to. */
const TRUSTED = 'SELECT EXISTS (SELECT FROM certificates) OR EXISTS (SELECT FROM enrolments) AS "isTrusted"';

export type CommonKeys = {
  /** Null where it is gone. */
  auditKey: Buffer | null;
  /** Put into the database from the data folder just now. */
  adopted: readonly KeyName[];
  /** In the data folder, and other ones than in the database. */
  leftBehind: readonly KeyName[];
};

export type CommonKeysDeps = {
  keys: SealedKeys;
  /** Those of the data folder. */
  folder: KeyStore;
  connection: Connection;
};

/** @throws StoreFailure `seal-key-…`, `sealed-key-damaged`, `audit-key-…`, `authority-elsewhere`. */
export async function openCommonKeys({ keys, folder, connection }: CommonKeysDeps): Promise<CommonKeys> {
  const [trusted] = await connection.rows<{ isTrusted: boolean }>({ text: TRUSTED });
  const head = await readSignedHead(connection);
  const ownAuditKey = await folder.read('audit');
  const known = (await keys.list()).map(({ name }) => name);
  if (ownAuditKey && !known.includes('audit')) refuseForeign(ownAuditKey, head, folder.place('audit'));
  // A folder that has signed nothing of what is in the database may be of another installation.
  const isOfDatabase = !head || (ownAuditKey !== null && isGenuineHead(ownAuditKey, head));

  const adopted: KeyName[] = [];
  const leftBehind: KeyName[] = [];
  for (const name of KEY_NAMES) {
    const own = await folder.read(name);
    const mayBeAdopted = own !== null && (isOfDatabase || !trusted?.isTrusted);
    const there = !known.includes(name) && mayBeAdopted ? await keys.putOnce(name, own) : await read(name);
    if (!there || !own) continue;
    if (!there.equals(own)) leftBehind.push(name);
    else if (!known.includes(name)) adopted.push(name);
  }
  if (trusted?.isTrusted && (await keys.read('authority')) === null)
    throw new StoreFailure(
      'authority-elsewhere',
      'the terminals in the database trust an authority that is neither in it nor in this data folder: start the gateway once whose data folder has it, or copy its pki and audit.key here',
    );
  return { auditKey: await openAuditKey(connection, keys), adopted, leftBehind };

  /** Keys of TLS sessions come and go: none is looked for that was there before, and nothing is refused over them. */
  async function read(name: KeyName): Promise<Buffer | null> {
    return name === 'tickets' ? null : keys.read(name);
  }
}
