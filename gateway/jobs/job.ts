/** What comes round: a file each. */
export type Job = {
  /** In kebab-case; what the log and the metrics call it. */
  name: string;
  schedule: { everyMs: number };
  run(): void | Promise<void>;
  /** Takes its failures and says them; without it the runner does. */
  failed?(error: Error): void;
};
