/** Certificates of terminals and the codes they enrol with, in SQL that both databases understand. */
import type { CertificateUse, FleetReads, FleetStore, FleetTx, NewCertificate } from '../fleet.ts';
import { type AuditDeps, createChanges } from './changes.ts';
import { tellOthers } from './noted.ts';
import { terminalsOn } from './org.ts';
import type { Queries, SqlDatabase } from './sql-database.ts';
import { keyOf, requireFree } from './tree-keys.ts';

/** The end of a code whose certificate has connected: it stays, so that whoever comes with it again can be told. */
const USED_UP = 0;

export function createFleetStore(database: SqlDatabase, audit: AuditDeps): FleetStore {
  return {
    ...readsOn(database.queries),
    ...createChanges(database, audit, writesOn, 'held'),
    noteCertificateUses: (uses) =>
      database.transaction(async (queries) => {
        for (const use of uses) await noteUse(queries, use);
        // What it has replaced is to be refused everywhere.
        if (uses.length > 0) await tellOthers(queries);
      }),
  };
}

function readsOn(queries: Queries): FleetReads {
  return {
    terminal: (id) => terminalsOn(queries).where('t.id', '=', id).executeTakeFirst(),
    certificates(terminalKey) {
      const all = queries
        .selectFrom('certificates')
        .select([
          'serial',
          'terminal_key as terminalKey',
          'public_key as publicKey',
          'issued_at as issuedAt',
          'expires_at as expiresAt',
          'first_used_at as firstUsedAt',
          'revoked_at as revokedAt',
          'reason',
        ]);
      return terminalKey === undefined
        ? all.orderBy('terminal_key').orderBy('issued_at').orderBy('serial').execute()
        : all.where('terminal_key', '=', terminalKey).orderBy('issued_at').orderBy('serial').execute();
    },
    enrolments: () =>
      queries
        .selectFrom('enrolments')
        .select([
          'terminal_key as terminalKey',
          'secret_hash as secretHash',
          'expires_at as expiresAt',
          'public_key as publicKey',
        ])
        .orderBy('terminal_key')
        .execute(),
  };
}

function writesOn(queries: Queries): FleetTx {
  return {
    ...readsOn(queries),
    async addTerminal({ id, windowId }) {
      await requireFree(queries, 'terminals', id);
      const window_key = await keyOf(queries, 'windows', windowId);
      await queries.insertInto('terminals').values({ id, window_key, last_seen_at: null }).execute();
    },
    addCertificate: (certificate) => addCertificate(queries, certificate),
    async revokeCertificates(terminalKey, serial, at, reason) {
      const good = queries
        .updateTable('certificates')
        .set({ revoked_at: at, reason })
        .where('terminal_key', '=', terminalKey)
        .where('revoked_at', 'is', null);
      const revoked = await (serial === null ? good : good.where('serial', '=', serial))
        .returning('serial')
        .execute();
      return revoked.map((row) => row.serial);
    },
    async openEnrolment({ terminalKey, secretHash, expiresAt }) {
      const code = { secret_hash: secretHash, expires_at: expiresAt, public_key: null };
      await queries
        .insertInto('enrolments')
        .values({ terminal_key: terminalKey, ...code })
        .onConflict((conflict) => conflict.column('terminal_key').doUpdateSet(code))
        .execute();
    },
    async bindEnrolment(terminalKey, secretHash, publicKey) {
      const bound = await queries
        .updateTable('enrolments')
        .set({ public_key: publicKey })
        .where('terminal_key', '=', terminalKey)
        .where('secret_hash', '=', secretHash)
        .where(({ or, eb }) => or([eb('public_key', 'is', null), eb('public_key', '=', publicKey)]))
        .executeTakeFirst();
      return bound.numUpdatedRows === 1n;
    },
    async closeEnrolment(terminalKey) {
      await queries.deleteFrom('enrolments').where('terminal_key', '=', terminalKey).execute();
    },
  };
}

async function addCertificate(queries: Queries, certificate: NewCertificate): Promise<void> {
  const { serial, terminalKey, publicKey, issuedAt, expiresAt } = certificate;
  await queries
    .insertInto('certificates')
    .values({
      serial,
      terminal_key: terminalKey,
      public_key: publicKey,
      issued_at: issuedAt,
      expires_at: expiresAt,
      ...{ first_used_at: null, revoked_at: null, reason: null },
    })
    .onConflict((conflict) => conflict.column('serial').doNothing())
    .execute();
}

async function noteUse(queries: Queries, use: CertificateUse): Promise<void> {
  const { serial, at } = use;
  await addCertificate(queries, { ...use, issuedAt: at });
  await queries
    .updateTable('certificates')
    .set({ first_used_at: at })
    .where('serial', '=', serial)
    .where('first_used_at', 'is', null)
    .execute();
  const used = await queries
    .selectFrom('certificates')
    .select(['terminal_key', 'issued_at', 'public_key', 'revoked_at'])
    .where('serial', '=', serial)
    .executeTakeFirstOrThrow();
  // Revoked meanwhile, and noted late: what the terminal was given since is for somebody else.
  if (used.revoked_at !== null) return;
  // Every other one of the same terminal that is not younger: it has done its work.
  await queries
    .updateTable('certificates')
    .set({ revoked_at: at, reason: 'superseded' })
    .where('revoked_at', 'is', null)
    .where('serial', '!=', serial)
    .where('terminal_key', '=', used.terminal_key)
    .where('issued_at', '<=', used.issued_at)
    .execute();
  await queries
    .updateTable('enrolments')
    .set({ expires_at: USED_UP })
    .where('terminal_key', '=', use.terminalKey)
    .where('public_key', '=', used.public_key)
    .execute();
  await queries
    .deleteFrom('enrolments')
    .where('terminal_key', '=', use.terminalKey)
    .where('expires_at', '!=', USED_UP)
    .execute();
}
