import { expect, it } from 'vitest';
import { createReadingSlots } from '../../../gateway/api/history/reading-slots.ts';

it('reads so many at once, callers in turn, and refuses whoever has too many waiting', async () => {
  const slots = createReadingSlots({ atOnce: 2, waitingOfOne: 3 });
  const order: string[] = [];
  const ends: (() => void)[] = [];
  const ask = (caller: string, name: string) =>
    slots.run(caller, async () => {
      order.push(name);
      await new Promise<void>((resolve) => void ends.push(resolve));
      return name;
    });
  const settled = () => new Promise((resolve) => void setImmediate(resolve));
  const asked = ['a1', 'a2', 'a3', 'a4', 'a5'].map((name) => ask('a', name));
  asked.push(ask('b', 'b1'));
  await expect(ask('a', 'a6')).rejects.toMatchObject({
    code: 'history-busy',
    statusCode: 429,
    retryAfterS: 1,
  });
  await settled();
  expect(order).toEqual(['a1', 'a2']);
  for (const _ of asked) {
    ends.shift()?.();
    await settled();
  }
  // Of b, who came last, before the others of a, but one that was at the head already.
  expect(order).toEqual(['a1', 'a2', 'a3', 'b1', 'a4', 'a5']);
  expect(await Promise.all(asked)).toEqual(['a1', 'a2', 'a3', 'a4', 'a5', 'b1']);
});

it('goes on after one that fails', async () => {
  const slots = createReadingSlots({ atOnce: 1 });
  await expect(slots.run('a', () => Promise.reject(new Error('x')))).rejects.toThrow('x');
  expect(await slots.run('a', async () => 1)).toBe(1);
});
