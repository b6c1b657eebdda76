/**
 * `node copy-process.js FILE TARGET` copies a database that is being written to, as of one moment. VACUUM INTO reads one
 * snapshot; SQLite's backup interface would begin again whenever the gateway commits, and so never come to its end. A
 * process of its own, so that the one that waits for it can say how far it is.
 */
import Database from 'better-sqlite3';

const [file = '', target = ''] = process.argv.slice(2);
process.umask(0o077);
const db = new Database(file, { readonly: true, fileMustExist: true, timeout: 30_000 });
db.prepare('VACUUM INTO ?').run(target);
db.close();
