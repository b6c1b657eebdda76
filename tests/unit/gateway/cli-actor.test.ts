import { userInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { cliActor } from '../../../gateway/cli/actor.ts';

const user = userInfo().username;

describe('who is at the command line', () => {
  it('is the user of the operating system', () => {
    expect(cliActor({})).toEqual({ actor: { kind: 'cli', user }, origin: 'local' });
    expect(cliActor({ SUDO_USER: user }).actor).toEqual({ kind: 'cli', user });
  });

  it('is said with the person who made themselves that user', () => {
    expect(cliActor({ SUDO_USER: 'chen.wei' }).actor).toEqual({ kind: 'cli', user: `${user} for chen.wei` });
  });

  it('is nobody that no account can be called', () => {
    for (const SUDO_USER of ['', 'a b', 'x'.repeat(65), 'chen\naccount:admin'])
      expect(cliActor({ SUDO_USER }).actor).toEqual({ kind: 'cli', user });
  });
});
