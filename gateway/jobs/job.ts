import type { Lease } from '../store/leases.ts';

/** What comes round: a file each. */
export type Job = EverywhereJob | OnceJob;

type Common = {
  /** In kebab-case; what the log and the metrics call it. */
  name: string;
  schedule: { everyMs: number };
  /** Takes its failures and says them; without it the runner does. */
  failed?(error: Error): void;
};

/** At every gateway. */
type EverywhereJob = Common & { once?: never; run(): void | Promise<void> };

/** At one of the gateways that share a database, at a time. */
export type OnceJob = Common & {
  once: {
    /** Is there anything to do? While there is not, nobody asks the database. */
    isDue(): boolean | Promise<boolean>;
  };
  /** @param lease what each of its changes must show: one that was frozen while another took over writes nothing */
  run(lease: Lease): void | Promise<void>;
};
