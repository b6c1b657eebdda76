import type { Lease } from '../store/leases.ts';
import type { OnceJob } from './job.ts';

export type WatchAlertsDeps = {
  isDue(): Promise<boolean>;
  act(lease: Lease): Promise<void>;
  failed(error: Error): void;
};

/** What has come about is opened, what has ended is closed: every gateway looks, one of them writes. */
export const watchAlerts = ({ isDue, act, failed }: WatchAlertsDeps): OnceJob => ({
  name: 'watch-alerts',
  schedule: { everyMs: 500 },
  once: { isDue },
  run: act,
  failed,
});
