/** Certificates of terminals and the codes they enrol with. */

import type { CertificateRecord, CertificateUse, EnrolmentRecord, Store } from '../store.ts';
import type { Connection } from './database.ts';

type CertificateStore = Pick<
  Store,
  | 'certificates'
  | 'addCertificate'
  | 'noteCertificateUses'
  | 'revokeCertificates'
  | 'enrolments'
  | 'openEnrolment'
  | 'bindEnrolment'
  | 'closeEnrolment'
>;

export function createCertificateTable(db: Connection): CertificateStore {
  const columns = `serial, terminal_key AS terminalKey, public_key AS publicKey, issued_at AS issuedAt,
    expires_at AS expiresAt, first_used_at AS firstUsedAt, revoked_at AS revokedAt, reason`;
  const selectAll = db.prepare(`SELECT ${columns} FROM certificates ORDER BY terminal_key, issued_at, rowid`);
  const selectOf = db.prepare(
    `SELECT ${columns} FROM certificates WHERE terminal_key = ? ORDER BY issued_at, rowid`,
  );
  const insert = db.prepare(
    'INSERT OR IGNORE INTO certificates (serial, terminal_key, public_key, issued_at, expires_at) VALUES (?, ?, ?, ?, ?)',
  );
  const use = db.prepare(
    'UPDATE certificates SET first_used_at = ? WHERE serial = ? AND first_used_at IS NULL',
  );
  // Every other one of the same terminal that is not younger: it has done its work.
  const supersede = db.prepare(`
    UPDATE certificates SET revoked_at = @at, reason = 'superseded'
    WHERE revoked_at IS NULL AND serial <> @serial
      AND terminal_key = (SELECT terminal_key FROM certificates WHERE serial = @serial)
      AND issued_at <= (SELECT issued_at FROM certificates WHERE serial = @serial)`);
  const revoke = db.prepare(`
    UPDATE certificates SET revoked_at = @at, reason = @reason
    WHERE terminal_key = @terminalKey AND revoked_at IS NULL AND (@serial IS NULL OR serial = @serial)
    RETURNING serial`);
  const selectEnrolments = db.prepare(`
    SELECT terminal_key AS terminalKey, secret_hash AS secretHash, expires_at AS expiresAt, public_key AS publicKey
    FROM enrolments`);
  const open = db.prepare(`
    INSERT INTO enrolments VALUES (@terminalKey, @secretHash, @expiresAt, NULL)
    ON CONFLICT DO UPDATE SET secret_hash = @secretHash, expires_at = @expiresAt, public_key = NULL`);
  const bind = db.prepare(
    `UPDATE enrolments SET public_key = @publicKey
     WHERE terminal_key = @terminalKey AND secret_hash = @secretHash AND coalesce(public_key, @publicKey) = @publicKey`,
  );
  // It stays, so that whoever comes with it again can be told that it was used.
  const useUp = db.prepare(`
    UPDATE enrolments SET expires_at = 0
    WHERE terminal_key = @terminalKey AND public_key = (SELECT public_key FROM certificates WHERE serial = @serial)`);
  const closeUnused = db.prepare('DELETE FROM enrolments WHERE terminal_key = ? AND expires_at <> 0');
  const close = db.prepare('DELETE FROM enrolments WHERE terminal_key = ?');

  return {
    certificates: (terminalKey) =>
      (terminalKey === undefined ? selectAll.all() : selectOf.all(terminalKey)) as CertificateRecord[],
    addCertificate({ serial, terminalKey, publicKey, issuedAt, expiresAt }) {
      insert.run(serial, terminalKey, publicKey, issuedAt, expiresAt);
    },
    noteCertificateUses: db.transaction((uses: readonly CertificateUse[]) => {
      for (const { serial, terminalKey, publicKey, expiresAt, at } of uses) {
        insert.run(serial, terminalKey, publicKey, at, expiresAt);
        use.run(at, serial);
        supersede.run({ at, serial });
        useUp.run({ terminalKey, serial });
        closeUnused.run(terminalKey);
      }
    }),
    revokeCertificates: (terminalKey, serial, at, reason) =>
      (revoke.all({ terminalKey, serial, at, reason }) as { serial: string }[]).map((row) => row.serial),
    enrolments: () => selectEnrolments.all() as EnrolmentRecord[],
    openEnrolment: (enrolment) => void open.run(enrolment),
    bindEnrolment: (terminalKey, secretHash, publicKey) =>
      bind.run({ terminalKey, secretHash, publicKey }).changes === 1,
    closeEnrolment: (terminalKey) => void close.run(terminalKey),
  };
}
