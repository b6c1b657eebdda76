/** What PostgreSQL and the line to it say, in the store's words. */
import { StoreFailure, type StoreFailureCode } from '../failures.ts';

/** By SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html); the first that it begins with. */
const CODES: readonly [prefix: string, code: StoreFailureCode, whatToDo: string][] = [
  ['53100', 'storage-full', 'free room on the disk of the database server'],
  ['58', 'storage-io', 'look at the log of the database server'],
  ['XX001', 'storage-damaged', 'a page of a table does not hold: look at the log of the database server'],
  ['XX002', 'storage-damaged', 'an index does not hold: look at the log of the database server'],
  [
    '25006',
    'database-standby',
    'the address leads to a server that only follows: it must lead to the primary',
  ],
  ['40', 'database-interrupted', 'it is tried again'],
  ['55P03', 'database-interrupted', 'it is tried again'],
  ['25P03', 'database-interrupted', 'a change has stood still for too long; it is tried again'],
  ['23', 'storage-failed', 'it does not fit what is there already'],
  ['57014', 'database-interrupted', 'somebody has cancelled a statement of ours; it is tried again'],
  [
    '57P',
    'database-unreachable',
    'the server is starting, stopping, or has ended the connection; it is tried again',
  ],
  ['08', 'database-unreachable', 'it is tried again'],
  ['53', 'database-busy', 'the server has no connection or memory left: see its max_connections'],
  ['28', 'database-refused', 'name, password or certificate are not taken: see pg_hba.conf'],
  ['3D000', 'database-refused', 'there is no such database: make it'],
  ['42501', 'database-refused', 'the role must own the database, or its tables'],
];

const UNKNOWN: (typeof CODES)[number] = ['', 'storage-failed', 'look at the log of the database server'];

/** @returns what is thrown for it: a StoreFailure for whatever the database and the line are the reason of. */
export function failure(error: unknown): StoreFailure {
  if (error instanceof StoreFailure) return error;
  const { code: state, message } = error as { code?: unknown; message?: string };
  // Whatever has no SQLSTATE came from the socket, or from the driver, which says so when it has none any more.
  if (typeof state !== 'string' || !/^[0-9A-Z]{5}$/.test(state) || /^E[A-Z]{4}$/.test(state))
    return new StoreFailure('database-unreachable', `no answer of the database: ${message}`, {
      cause: error,
    });
  const known = CODES.find(([prefix]) => state.startsWith(prefix));
  const [, code, whatToDo] = known ?? UNKNOWN;
  return new StoreFailure(code, `${message} (${state}): ${whatToDo}`, { cause: error });
}
