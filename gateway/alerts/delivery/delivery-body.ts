/** What is told, to whatever it is sent: JSON, as it waits in the database. */
import type { AlertItem } from '../../../protocol/alert.ts';

export type DeliveryBody = {
  /** Whoever gets it twice knows it by this. */
  id: string;
  event: 'alert.opened' | 'alert.closed' | 'test';
  /** UTC milliseconds: when it was found, not when it is sent. */
  at: number;
  /** Null: of none, as a test is. */
  alert: AlertItem | null;
  /** Names of the units above, from the top. */
  path: readonly string[];
};
