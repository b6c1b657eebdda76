import type { OnceJob } from './job.ts';

export type DeliverAlertsDeps = {
  isDue(): Promise<boolean>;
  deliver(): Promise<void>;
  failed(error: Error): void;
};

/** What waits to be told is brought to webhooks and mail servers. Sent twice by two gateways, it is known by its id. */
export const deliverAlerts = ({ isDue, deliver, failed }: DeliverAlertsDeps): OnceJob => ({
  name: 'deliver-alerts',
  schedule: { everyMs: 1_000 },
  once: { isDue },
  run: deliver,
  failed,
});
