/** The turns of messages: in order where one has to wait, and none while something is read again. */
import { describe, expect, it } from 'vitest';
import { createTurns } from '../../../gateway/ingest/turns.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

function defer() {
  let resolve = () => {};
  const until = new Promise<void>((fulfil) => {
    resolve = fulfil;
  });
  return { until, resolve };
}

function createRig() {
  let settling = defer();
  settling.resolve();
  const turns = createTurns(() => settling.until);
  const seen: string[] = [];
  const say = (key: number, name: string, until?: Promise<void>) => {
    const take = () => {
      seen.push(name);
      return until;
    };
    if (turns.isBusy(key)) turns.wait(key, take);
    else {
      const held = take();
      if (held) turns.hold(key, held);
    }
  };
  return {
    ...{ turns, seen, say },
    unsettle() {
      settling = defer();
      return settling.resolve;
    },
  };
}

describe('the turns of messages', () => {
  it('keep those of a terminal in order behind one that waits, and nobody else', async () => {
    const { turns, seen, say } = createRig();
    const [first, third] = [defer(), defer()];
    say(1, 'a', first.until);
    say(1, 'b');
    say(1, 'c', third.until);
    say(1, 'd');
    say(2, 'other');
    expect(seen).toEqual(['a', 'other']);
    first.resolve();
    await turn();
    expect(seen).toEqual(['a', 'other', 'b', 'c']);
    say(1, 'e');
    third.resolve();
    await turn();
    expect(seen.slice(4)).toEqual(['d', 'e']);
    expect(turns.isBusy(1)).toBe(false);
  });

  it('pause when everything that came before is settled, and then take what came meanwhile', async () => {
    const { turns, seen, say, unsettle } = createRig();
    const slow = defer();
    say(1, 'a', slow.until);
    say(1, 'b');
    const settle = unsettle();
    const act = defer();
    const paused = turns.pause(async () => {
      seen.push('act begins');
      await act.until;
      seen.push('act ends');
      return 7;
    });
    await turn();
    say(1, 'c');
    say(2, 'd');
    say(2, 'e');
    slow.resolve();
    await turn();
    expect(seen).toEqual(['a', 'b']);
    settle();
    await turn();
    expect(seen).toEqual(['a', 'b', 'act begins']);
    act.resolve();
    expect(await paused).toBe(7);
    expect(seen).toEqual(['a', 'b', 'act begins', 'act ends', 'c', 'd', 'e']);
    expect(turns.isBusy(2)).toBe(false);
  });

  it('keep the order of those let in, when one of them has to wait again', async () => {
    const { turns, seen, say } = createRig();
    const slow = defer();
    const paused = turns.pause(turn);
    await null;
    say(1, 'a', slow.until);
    say(1, 'b');
    await paused;
    expect(seen).toEqual(['a']);
    say(1, 'c');
    slow.resolve();
    await turn();
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  it('pause one after another, let messages in between, and go on after an act that throws', async () => {
    const { turns, seen, say } = createRig();
    const bad = turns.pause(() => {
      say(1, 'a');
      throw new Error('no');
    });
    const good = turns.pause(() => void seen.push('second act'));
    await expect(bad).rejects.toThrow('no');
    await good;
    expect(seen).toEqual(['a', 'second act']);
    say(1, 'b');
    expect(seen).toEqual(['a', 'second act', 'b']);
  });

  it('keep nobody waiting when they are stopped', async () => {
    const { turns, seen, say } = createRig();
    say(1, 'a', new Promise(() => {}));
    say(1, 'b');
    const paused = turns.pause(() => void seen.push('act'));
    await turn();
    turns.stop();
    await paused;
    expect(seen).toEqual(['a', 'act']);
  });
});
