/** Applied in order, each once, and recorded. Never change one that has shipped. */
import { LEDGER } from './001-ledger.ts';

export const MIGRATIONS: readonly { name: string; sql: string }[] = [{ name: '001-ledger', sql: LEDGER }];
