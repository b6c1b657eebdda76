/** The port to what only one of several gateways does at a time: who has it, and until when. */

/** `token` is another one for every time that it was had: what was begun with an older one is not to be written. */
export type Lease = { name: string; holder: string; token: number };

export interface LeaseStore {
  /**
   * Has it for so long from now on, by the clock of the database, which is one for all; once more while one has it.
   * @returns null while another one has it. @throws StoreFailure
   */
  take(name: string, holder: string, forMs: number): Promise<Lease | null>;
  /** Others may have it at once; nothing when it is not had any more. @throws StoreFailure */
  release(lease: Lease): Promise<void>;
}

/** Another gateway has it, or may have had it: this one has stood still, or has not reached the database, for longer than it had it. */
export class LeaseLost extends Error {
  readonly code = 'lease-lost';

  constructor({ name }: Pick<Lease, 'name'>) {
    super(`${name} is not this gateway's to do any more: nothing of it is written`);
    this.name = 'LeaseLost';
  }
}
