/** A new server with a database in it, owned by the role that gateways have, as docs/postgresql.md wants it. */
import type { Place } from './place.ts';
import type { Notes } from './secrets.ts';
import { ADMINISTRATOR, type Server } from './server.ts';

/** Of the role, and of its database. */
export const ROLE = 'manyi';

/** The server runs when it resolves. @throws DemoError */
export async function makeDatabase(
  server: Server,
  place: Place,
  passwords: Notes['passwords'],
): Promise<void> {
  place.clear(server.data);
  const passwordFile = place.secret('initdb-password', `${passwords.administrator}\n`);
  const args = ['-D', server.data, '-U', ADMINISTRATOR, `--pwfile=${passwordFile}`];
  await server.run('initdb', [...args, '-A', 'scram-sha-256', '-E', 'UTF8', '--locale=C', '--no-sync']);
  place.forget(passwordFile);
  await server.start();
  await server.sql(
    // A statement that fails is written to the log, and this one has a password in it.
    `SET log_min_error_statement = 'panic'; CREATE ROLE ${ROLE} LOGIN PASSWORD '${passwords.gateway}' CONNECTION LIMIT 80`,
  );
  await server.sql(`CREATE DATABASE ${ROLE} OWNER ${ROLE} ENCODING 'UTF8' TEMPLATE template0`);
}
