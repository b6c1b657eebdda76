/** The port to the database itself: whether it can be written to, and whether others have changed what it holds. */
export interface Upkeep {
  /**
   * A small durable write; throws StoreFailure while the storage cannot take one. After a failure of the disk the store is
   * `reopened`: what is held in memory of it must then be read again.
   */
  probe(): Promise<{ reopened: boolean }>;
  /** Another number whenever another process has changed what gateways hold in memory; cheap enough to be asked for often. @throws StoreFailure */
  foreignVersion(): Promise<number>;
  /** Grows with everything that people decide about votes, in whichever process. @throws StoreFailure */
  decisions(): Promise<number>;
}
