/** Certificates for terminals under test, from the gateway's own authority, in the forms that its peers want. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Identity } from '../../device/identity/identity.ts';
import { type Authority, openAuthority } from '../../gateway/pki/authority.ts';
import { ALGORITHM, exportPrivateKey, generateKeyPair, x509 } from '../../gateway/pki/x509.ts';
import type { By } from '../../gateway/store/changes.ts';
import { pkiIn } from '../../gateway/store/data-folder.ts';
import type { FleetStore } from '../../gateway/store/fleet.ts';
import { createKeyFolder } from '../../gateway/store/key-folder.ts';
import type { KeyStore } from '../../gateway/store/keys.ts';

const DAYS = 30;

export const authorityOf = (
  dataDir: string,
  keys: KeyStore = createKeyFolder(dataDir),
  now: () => number = Date.now,
): Promise<Authority> => openAuthority({ keys, folder: pkiIn(dataDir), now });

export type KeyAndRequest = { key: string; csr: string };

export async function makeRequest(name = 'CN=anyone'): Promise<KeyAndRequest> {
  const keys = await generateKeyPair();
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name,
    keys,
    signingAlgorithm: ALGORITHM,
  });
  return { key: await exportPrivateKey(keys.privateKey), csr: request.toString('pem') };
}

/** Issues a certificate and notes it in the store, if one is given. */
export async function issueIdentity(
  authority: Authority,
  terminalId: string,
  fleet?: FleetStore,
  days = DAYS,
): Promise<Identity> {
  const { key, csr } = await makeRequest();
  const { pem, serial, publicKey, expiresAt } = await authority.issueTerminal(terminalId, csr, days);
  const issuedAt = Date.now();
  await fleet?.change(async (tx) => {
    const terminal = await tx.terminal(terminalId);
    if (!terminal) return tx.unchanged(undefined);
    await tx.addCertificate({ serial, terminalKey: terminal.key, publicKey, issuedAt, expiresAt });
    const by: By = { actor: { kind: 'cli', user: 'test' }, origin: 'local' };
    return tx.audited(
      { by, action: 'certificate.issue', target: { kind: 'terminal', id: terminalId } },
      undefined,
    );
  });
  return {
    terminalId,
    key,
    certificate: pem,
    authority: authority.certificate,
    renewAfter: expiresAt,
    code: '',
  };
}

/** As files: `identity.json` for the product's own terminal, PEM for others. */
export function writeIdentity(folder: string, identity: Identity): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'identity.json'), JSON.stringify(identity));
  writeFileSync(join(folder, 'key.pem'), identity.key);
  writeFileSync(join(folder, 'cert.pem'), identity.certificate);
  writeFileSync(join(folder, 'ca.pem'), identity.authority);
}
