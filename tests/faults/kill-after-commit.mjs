/**
 * A preload (`node --import`): kills the process right after the COMMIT of a transaction with new votes has returned, before
 * anybody is told of it. MANYI_KILL_AT says which of them, counted from 1. The product knows nothing of this.
 */
import Database from 'better-sqlite3';

const killAt = Number(process.env.MANYI_KILL_AT);
const makeTransaction = Database.prototype.transaction;
let commits = 0;

const isVotes = (given) => Array.isArray(given) && given.length > 0 && 'mono' in given[0];

Database.prototype.transaction = function transaction(act) {
  const made = makeTransaction.call(this, act);
  const immediate = (...args) => {
    const result = made.immediate(...args);
    // Nested in another transaction, nothing is on the disk yet.
    const isNew = args.some(isVotes) && result?.outcomes?.includes('stored') === true;
    if (isNew && !this.inTransaction && ++commits === killAt) process.kill(process.pid, 'SIGKILL');
    return result;
  };
  const { deferred, exclusive, database } = made;
  return Object.assign((...args) => made(...args), {
    default: made,
    deferred,
    immediate,
    exclusive,
    database,
  });
};
