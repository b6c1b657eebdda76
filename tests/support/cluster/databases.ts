/** What a scene needs of the database below it: the full set (database-set.ts) and the light one (light-set.ts) have it. */
export type Databases = {
  folder: string;
  /** Where gateway `number` finds the primary, whichever server that is. */
  door(number: number): Promise<Door>;
  /** Of the server that is the primary now, past every door, as the superuser. */
  primaryAddress(): Promise<string>;
  /** The gateways' database, made anew. */
  emptyDatabase(): Promise<void>;
};

export type Door = {
  /** For MANYI_DATABASE. */
  address: string;
  kill(): Promise<void>;
  start(): Promise<void>;
};
