/**
 * The tables that both databases have alike, as SQLite's first seven migrations leave them. PostgreSQL begins with them; a test
 * makes them in SQLite too, and finds no difference. Never change them: what comes later is a migration of its own, for both.
 */
import { type ColumnDefinitionBuilder, sql } from 'kysely';
import type { Flavour, Statement } from './flavour.ts';

const required = (column: ColumnDefinitionBuilder) => column.notNull();
const unique = (column: ColumnDefinitionBuilder) => column.notNull().unique();
const optionalKeyOf = (table: string) => (column: ColumnDefinitionBuilder) =>
  column.references(`${table}.key`);
const keyOf = (table: string) => (column: ColumnDefinitionBuilder) =>
  column.notNull().references(`${table}.key`);
const theOnlyRow = (column: ColumnDefinitionBuilder) => column.primaryKey().check(sql`key = 1`);

export function beginning(flavour: Flavour): Statement[] {
  return [
    ...tree(flavour),
    ...fleet(flavour),
    ...people(flavour),
    ...commands(flavour),
    ...decisions(flavour),
    ...audit(flavour),
  ];
}

const tree = ({ keyed, text, integer }: Flavour): Statement[] => [
  keyed('units')
    .addColumn('id', text, unique)
    .addColumn('parent_key', integer, optionalKeyOf('units'))
    .addColumn('name', text, required),
  keyed('windows')
    .addColumn('id', text, unique)
    .addColumn('unit_key', integer, keyOf('units'))
    .addColumn('name', text, required),
];

const fleet = ({ build, keyed, table, text, integer, time, bytes }: Flavour): Statement[] => [
  keyed('terminals')
    .addColumn('id', text, unique)
    .addColumn('window_key', integer, keyOf('windows'))
    .addColumn('last_seen_at', time),
  table('certificates')
    .addColumn('serial', text, (column) => column.primaryKey())
    .addColumn('terminal_key', integer, keyOf('terminals'))
    .addColumn('public_key', text, required)
    .addColumn('issued_at', time, required)
    .addColumn('expires_at', time, required)
    .addColumn('first_used_at', time)
    .addColumn('revoked_at', time)
    .addColumn('reason', text),
  build.schema.createIndex('certificates_terminal').on('certificates').column('terminal_key'),
  // One open code a terminal. It is bound to the first key that it is used with.
  table('enrolments')
    .addColumn('terminal_key', integer, (column) => column.primaryKey().references('terminals.key'))
    .addColumn('secret_hash', bytes, required)
    .addColumn('expires_at', time, required)
    .addColumn('public_key', text),
];

/** Of secrets only hashes are kept: of passwords slow ones, of random tokens SHA-256. */
const people = ({ build, keyed, table, text, integer, time, bytes }: Flavour): Statement[] => [
  keyed('accounts')
    .addColumn('name', text, unique)
    .addColumn('display_name', text, required)
    .addColumn('role', text, required)
    .addColumn('unit_key', integer, optionalKeyOf('units'))
    .addColumn('password_hash', text, required)
    .addColumn('must_change_password', integer, (column) =>
      column.notNull().check(sql`must_change_password between 0 and 1`),
    )
    .addColumn('created_at', time, required)
    .addColumn('disabled_at', time),
  table('sessions')
    .addColumn('id', text, (column) => column.notNull().primaryKey())
    .addColumn('token_hash', bytes, unique)
    .addColumn('account_key', integer, keyOf('accounts'))
    .addColumn('created_at', time, required)
    .addColumn('last_used_at', time, required)
    .addColumn('address', text, required)
    .addColumn('user_agent', text, required),
  build.schema.createIndex('sessions_account').on('sessions').column('account_key'),
  keyed('links')
    .addColumn('id', text, unique)
    .addColumn('kind', text, required)
    .addColumn('name', text, required)
    .addColumn('unit_key', integer, optionalKeyOf('units'))
    .addColumn('token_hash', bytes, unique)
    .addColumn('created_at', time, required)
    .addColumn('created_by', text, required)
    .addColumn('last_used_at', time)
    .addColumn('revoked_at', time)
    .addColumn('expires_at', time, (column) => column.notNull().defaultTo(0)),
];

const commands = ({ build, keyed, table, text, integer, time }: Flavour): Statement[] => [
  // As the terminal last said: JSON of `journal.setAside` in its health report. No row: it has none.
  table('put_away')
    .addColumn('terminal_key', integer, (column) => column.primaryKey().references('terminals.key'))
    .addColumn('reported_at', time, required)
    .addColumn('journals', text, required),
  keyed('commands')
    .addColumn('id', text, unique)
    .addColumn('terminal_key', integer, keyOf('terminals'))
    .addColumn('op', text, required)
    .addColumn('args', text, required)
    .addColumn('reason', text, required)
    .addColumn('made_at', time, required)
    .addColumn('made_by', text, required)
    .addColumn('expires_at', time, required)
    .addColumn('delivered_at', time)
    // The terminal's own answer, or the gateway's once it has expired.
    .addColumn('answered_at', time)
    .addColumn('ok', integer, (column) => column.check(sql`ok between 0 and 1`))
    .addColumn('code', text)
    .addColumn('detail', text),
  build.schema.createIndex('commands_terminal').on('commands').column('terminal_key'),
  build.schema.createIndex('commands_open').on('commands').column('key').where(sql`answered_at`, 'is', null),
];

/** What people decide about votes, as far as the ledger does not keep it beside them. */
const decisions = ({ build, keyed, table, text, integer, time }: Flavour): Statement[] => [
  keyed('exclusions')
    .addColumn('id', text, unique)
    .addColumn('terminal_key', integer, keyOf('terminals'))
    .addColumn('from_at', time, required)
    .addColumn('to_at', time, required)
    .addColumn('reason', text, required)
    .addColumn('made_at', time, required)
    .addColumn('made_by', text, required)
    .addColumn('ended_at', time),
  build.schema
    .createIndex('exclusions_terminal')
    .on('exclusions')
    .column('terminal_key')
    .where(sql`ended_at`, 'is', null),
  // Counts every decision, so that a running gateway knows when to read again.
  table('reviewed').addColumn('key', integer, theOnlyRow).addColumn('decisions', integer, required),
  build.insertInto('reviewed').values({ key: 1, decisions: 0 }),
];

const audit = ({ table, text, integer, time, bytes }: Flavour): Statement[] => [
  table('audit')
    .addColumn('seq', time, (column) => column.primaryKey())
    .addColumn('at', time, required)
    .addColumn('actor', text, required)
    .addColumn('origin', text, required)
    .addColumn('action', text, required)
    .addColumn('target', text, required)
    .addColumn('detail', text, required)
    .addColumn('prior', bytes, required)
    .addColumn('hash', bytes, required),
  // Where the chain ends, signed: without it, the newest rows could be removed and nothing would show.
  table('audit_head')
    .addColumn('key', integer, theOnlyRow)
    .addColumn('seq', time, required)
    .addColumn('hash', bytes, required)
    .addColumn('mac', bytes, required),
];
