import { describe, expect, it } from 'vitest';
import { followDecisions } from '../../../gateway/watch/decisions.ts';

const createCase = async (tookMs: number) => {
  const state = { decided: 3, monoMs: 0, reads: 0, pauses: 0, fails: false };
  let last: Promise<void> = Promise.resolve();
  const decisions = await followDecisions({
    store: { decisions: async () => state.decided },
    monotonic: () => state.monoMs,
    exclusively(act) {
      state.pauses += 1;
      last = last.then(act, act);
      return last;
    },
    async reread() {
      state.reads += 1;
      state.monoMs += tookMs;
      if (state.fails) throw new Error('the storage fails');
    },
  });
  return { state, ...decisions };
};

describe('what people decide', () => {
  it('is read when there is something new', async () => {
    const { state, follow } = await createCase(1);
    await follow();
    expect(state.reads).toBe(0);
    state.decided += 1;
    await follow();
    await follow();
    expect(state.reads).toBe(1);
  });

  it('leaves time for votes when reading is slow', async () => {
    const { state, follow } = await createCase(2_000);
    state.decided += 1;
    await follow();
    state.decided += 1;
    state.monoMs += 19_999;
    await follow();
    expect(state.reads).toBe(1);
    state.monoMs += 1;
    await follow();
    expect(state.reads).toBe(2);
  });

  it('is read again after the storage has failed over it', async () => {
    const { state, follow } = await createCase(1);
    state.decided += 1;
    state.fails = true;
    await expect(follow()).rejects.toThrow('the storage fails');
    state.fails = false;
    await follow();
    await follow();
    expect(state.reads).toBe(2);
  });

  it('is read once, and while no vote is under way, however many notice it at once', async () => {
    const { state, follow } = await createCase(1);
    await follow();
    expect(state.pauses).toBe(0);
    state.decided += 1;
    await Promise.all([follow(), follow()]);
    expect(state).toMatchObject({ reads: 1, pauses: 2 });
  });
});
