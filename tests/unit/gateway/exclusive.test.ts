import { describe, expect, it } from 'vitest';
import { createExclusive } from '../../../gateway/store/sqlite/exclusive.ts';

describe('the connection for one alone', () => {
  it('is given in the order in which it was asked for, whatever each of them awaits', async () => {
    const exclusive = createExclusive();
    const seen: string[] = [];
    const act = (name: string, turns: number) => async () => {
      seen.push(`${name} begins`);
      for (let turn = 0; turn < turns; turn++) await null;
      seen.push(`${name} ends`);
      return name;
    };
    const all = [exclusive(act('a', 5)), exclusive(act('b', 0)), exclusive(act('c', 3))];
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c']);
    expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  it('goes on after one that throws, and tells only whoever asked', async () => {
    const exclusive = createExclusive();
    const bad = exclusive(() => {
      throw new Error('no');
    });
    const good = exclusive(() => 'yes');
    await expect(bad).rejects.toThrow('no');
    expect(await good).toBe('yes');
  });

  it('costs no turn of the event loop', async () => {
    const exclusive = createExclusive();
    let turned = false;
    setImmediate(() => {
      turned = true;
    });
    await exclusive(() => exclusive);
    expect(turned).toBe(false);
  });
});
