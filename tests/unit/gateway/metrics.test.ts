/** What Prometheus reads, by its own rules. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../../gateway/watch/metrics.ts';
import { succeeds } from '../../support/prerequisites.ts';

const exposed = async () => {
  const metrics = createMetrics(() => 4);
  metrics.watchTerminals({ connections: () => 1 });
  metrics.watchWalls({ clients: () => 2, cut: 3 });
  metrics.watchClock({ steps: () => 5, lastStepMs: () => -6_000 });
  metrics.watchJournals({ unable: () => 0, setAside: () => 0 });
  metrics.tallied.httpRefused.add('rate-limited');
  metrics.tallied.refused.add('tls-failed');
  metrics.tallied.quarantined.add('json-invalid');
  metrics.tallied.messages.add('votes');
  metrics.commitSeconds.observe(0.01);
  metrics.commitVotes.observe(3);
  return metrics.registry.metrics();
};

describe('the metrics', () => {
  it('are called _total when they are counters, and then alone', async () => {
    const types = [...(await exposed()).matchAll(/^# TYPE (\S+) (\S+)$/gm)];
    expect(types.length).toBeGreaterThan(20);
    expect(types.filter(([, name, type]) => name?.endsWith('_total') !== (type === 'counter'))).toEqual([]);
  });

  // The rules that matter here stand above; where Prometheus is installed, it says the rest.
  it.runIf(succeeds('promtool', ['--version']))('pass promtool', async () => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input: await exposed(),
      encoding: 'utf8',
    });
    expect(stdout + stderr).toBe('');
    expect(status).toBe(0);
  });
});
