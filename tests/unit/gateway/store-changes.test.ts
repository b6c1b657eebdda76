/** Whoever looks whether the store has changed goes on only when what was changed is read: also when others look at the same time. */
import { expect, it } from 'vitest';
import { followStoreChanges } from '../../../gateway/watch/store-changes.ts';

async function createCase() {
  const state = { version: 1, reads: [] as { version: number; end(error?: Error): void }[] };
  const changes = await followStoreChanges(
    { foreignVersion: async () => state.version },
    () =>
      new Promise<void>((resolve, reject) => {
        const { version } = state;
        state.reads.push({ version, end: (error) => (error ? reject(error) : resolve()) });
      }),
  );
  return { state, look: changes.look };
}
const turn = () => new Promise<void>((resolve) => void setImmediate(resolve));

it('reads nothing when nothing has changed', async () => {
  const { state, look } = await createCase();
  expect(await look()).toBe(false);
  expect(state.reads).toEqual([]);
});

it('is over for the second one, too, only when the first has read', async () => {
  const { state, look } = await createCase();
  state.version = 2;
  const over: string[] = [];
  const first = look().then((changed) => void over.push(`first ${changed}`));
  const second = look().then((changed) => void over.push(`second ${changed}`));
  await turn();
  expect([over, state.reads.length]).toEqual([[], 1]);
  state.reads[0]?.end();
  await Promise.all([first, second]);
  expect(over.sort()).toEqual(['first true', 'second true']);
  expect(await look()).toBe(false);
});

it('reads once more, and not beside, what is changed while it reads', async () => {
  const { state, look } = await createCase();
  state.version = 2;
  const first = look();
  await turn();
  state.version = 3;
  const second = look();
  await turn();
  expect(state.reads.map(({ version }) => version)).toEqual([2]);
  state.reads[0]?.end();
  expect(await first).toBe(true);
  await turn();
  expect(state.reads.map(({ version }) => version)).toEqual([2, 3]);
  state.reads[1]?.end();
  expect(await second).toBe(true);
});

it('tries again after it could not read, whoever is the next', async () => {
  const { state, look } = await createCase();
  state.version = 2;
  const failing = look();
  await turn();
  state.reads[0]?.end(new Error('the disk'));
  await expect(failing).rejects.toThrow('the disk');
  const again = look();
  await turn();
  expect(state.reads).toHaveLength(2);
  state.reads[1]?.end();
  expect(await again).toBe(true);
  expect(await look()).toBe(false);
});
