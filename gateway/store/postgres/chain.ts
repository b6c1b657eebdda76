/**
 * The end of the audit's chain, held from the beginning of a change to its COMMIT: of all gateways one writes at a time, and each
 * line follows the one before it. A change sees all that was changed before it, as it does in SQLite. The lock is in the log of the
 * database too, so that COMMIT waits for the standby also when a change finds nothing to do: what it has seen is told as done.
 */
import { BEGINNING, headMac } from '../audit-chain.ts';
import type { Transaction } from './connection.ts';

type Held = { isSigned: boolean };

/** Who has it and stands still keeps every other waiting; a gateway that is busy elsewhere is not meant. */
const HOLD = `
  SELECT octet_length(mac) > 0 AS "isSigned", set_config('idle_in_transaction_session_timeout', '5s', true)
  FROM audit_head WHERE key = 1 FOR UPDATE`;
/** An end that nobody has signed, where there is none; it proves nothing. */
const PUT_ONE = `INSERT INTO audit_head (key, seq, hash, mac) VALUES (1, 0, $1, '') ON CONFLICT DO NOTHING`;
/** No account was ever made without a line in the audit: one that is empty beside them was emptied. */
const SIGN_FIRST = `
  UPDATE audit_head SET seq = 0, hash = $1, mac = $2
  WHERE key = 1 AND NOT EXISTS (SELECT FROM audit) AND NOT EXISTS (SELECT FROM accounts)`;

/** @param key of the chain; an audit that was never written begins with it */
export async function holdChain(transaction: Transaction, key: Buffer | null): Promise<void> {
  const hold = () => transaction.rows<Held>({ text: HOLD });
  let [held] = await hold();
  if (!held) {
    await transaction.rows({ text: PUT_ONE, values: [BEGINNING] });
    [held] = await hold();
  }
  if (key && !held?.isSigned)
    await transaction.rows({ text: SIGN_FIRST, values: [BEGINNING, headMac(key, 0, BEGINNING)] });
}
