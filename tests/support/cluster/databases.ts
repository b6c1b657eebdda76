/** What a scene needs of the database below it: the full set (database-set.ts) and the light one (light-set.ts) have it. */
export type Databases = {
  folder: string;
  /** Where gateway `number` finds the primary, whichever server that is. */
  door(number: number): Promise<Door>;
  /** Of the server that is the primary now, past every door, as the superuser. */
  primaryAddress(): Promise<string>;
  /** Every server of it runs, whatever the last case has left behind, and the gateways' database is made anew. */
  afresh(): Promise<void>;
  /** What its servers have said lately, for a case that fails. */
  logs(): string;
};

export type Door = {
  /** For MANYI_DATABASE. */
  address: string;
  kill(): Promise<void>;
  start(): Promise<void>;
};
