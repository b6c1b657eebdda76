import { expect, test } from 'vitest';
import type { FleetState } from '../../../scripts/demo/citizens/fleet.ts';
import { followRecovery } from '../../../scripts/demo/province/recovery.ts';

const fleet = (served: number, thanked: number, acked: number): FleetState => ({
  terminals: 4,
  ...{ served, thanked, acked },
});

/** One state a look; the last stays. */
function after(...states: FleetState[]) {
  let at = -1;
  return () => {
    at = Math.min(at + 1, states.length - 1);
    return states[at] as FleetState;
  };
}

const never = new AbortController().signal;

test('a fault is over when all are served and what was thanked until then is stored', async () => {
  const states = [fleet(4, 10, 10), fleet(3, 11, 10), fleet(1, 12, 10), fleet(4, 14, 11), fleet(4, 20, 13)];
  const recovery = await followRecovery(after(...states, fleet(4, 22, 14)), never);
  expect(recovery).toMatchObject({ cut: 3, thankedMeanwhile: 4 });
  expect(recovery!.storedMs).toBeGreaterThan(recovery!.servedMs);
});

test('what no terminal has felt is told so', async () => {
  expect(await followRecovery(after(fleet(4, 10, 10)), never, 50)).toBe(null);
});

test('nobody waits for a recovery when the demo ends', async () => {
  const asked = new AbortController();
  const following = followRecovery(after(fleet(4, 10, 10), fleet(0, 10, 10)), asked.signal);
  asked.abort();
  await expect(following).rejects.toThrow();
});
