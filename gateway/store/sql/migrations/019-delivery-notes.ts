/** Why an alert could not be told, in the words of whoever did not take it. */
import type { Migration } from './flavour.ts';

export const DELIVERY_NOTES: Migration = {
  name: 'delivery-notes',
  statements: ({ build, text }) => [build.schema.alterTable('alert_deliveries').addColumn('note', text)],
};
