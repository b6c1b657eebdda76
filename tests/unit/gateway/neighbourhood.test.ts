/** Gateways that hear each other over a line of the test's: it can be slow, and lose what is said. */
import { describe, expect, it } from 'vitest';
import { createNeighbourhood, type Neighbourhood } from '../../../gateway/neighbours/neighbourhood.ts';
import type { NeighbourListener, Neighbours } from '../../../gateway/store/neighbours.ts';

type Gateway = {
  name: string;
  here: Set<number>;
  others: Neighbourhood;
  missed: number;
  /** It does nothing, and hears what was said meanwhile when it goes on. */
  isFrozen: boolean;
};

function createTown() {
  let now = 0;
  const listeners = new Map<
    string,
    { listener: NeighbourListener; waiting: (() => void)[]; gateway: Gateway }
  >();
  let losing: string | null = null;
  const say = (from: string, word: unknown) => {
    const copy = JSON.stringify(word);
    for (const [to, { listener, waiting, gateway }] of listeners) {
      if (losing === to && from !== to) {
        waiting.push(listener.missed);
        losing = null;
        continue;
      }
      waiting.push(() => listener.word(from, JSON.parse(copy)));
      if (!gateway.isFrozen) drain(waiting);
    }
  };
  const drain = (waiting: (() => void)[]) => {
    for (let act = waiting.shift(); act; act = waiting.shift()) act();
  };
  const open = async (name: string): Promise<Gateway> => {
    const gateway = { name, here: new Set<number>(), missed: 0, isFrozen: false } as Gateway;
    const neighbours: Neighbours = {
      join: async (instance, listener) => void listeners.set(instance, { listener, waiting: [], gateway }),
      tell: (word) => say(name, word),
      leave: async () => void listeners.delete(name),
    };
    gateway.others = createNeighbourhood({
      ...{ neighbours, instance: name, now: () => now, monotonic: () => now },
      connections: () => gateway.here.size,
      standingOf: (terminalKey) => ({
        ...{ terminalKey, online: gateway.here.has(terminalKey), lastSeenAt: now, clockApartMs: null },
        ...{ setAside: 0, journals: [] },
      }),
      events: {
        ...{ votes() {}, corrected() {}, journals() {}, said() {}, touched() {} },
        takenOver(terminalKey) {
          gateway.here.delete(terminalKey);
          gateway.others.disconnected(terminalKey);
        },
        missed() {
          gateway.missed += 1;
        },
      },
    });
    await gateway.others.join();
    return gateway;
  };
  const gateways: Gateway[] = [];
  return {
    async begin(name: string) {
      const gateway = await open(name);
      gateways.push(gateway);
      return gateway;
    },
    end(gateway: Gateway) {
      gateways.splice(gateways.indexOf(gateway), 1);
      listeners.delete(gateway.name);
    },
    goOn(gateway: Gateway) {
      gateway.isFrozen = false;
      drain(listeners.get(gateway.name)?.waiting ?? []);
    },
    /** The next word is not heard there. */
    lose(gateway: Gateway) {
      losing = gateway.name;
    },
    pass(ms: number) {
      for (let passed = 0; passed < ms; passed += 500) {
        now += 500;
        for (const { others, isFrozen } of gateways) if (!isFrozen) others.tell();
      }
    },
  };
}

const signIn = (gateway: Gateway, terminalKey: number) => {
  gateway.here.add(terminalKey);
  gateway.others.connected(terminalKey);
};

describe('gateways that hear each other', () => {
  it('know each terminal where it is, and who begins later knows them, too', async () => {
    const town = createTown();
    const a = await town.begin('a');
    signIn(a, 1);
    const b = await town.begin('b');
    expect(b.others.elsewhere.isOnline(1)).toBe(true);
    signIn(b, 1);
    expect([...a.here]).toEqual([]);
    town.pass(1_000);
    expect(a.others.elsewhere.isOnline(1)).toBe(true);
    expect(a.others.others()).toEqual([{ instance: 'b', connections: 1 }]);
    await b.others.leave();
    town.end(b);
    expect(a.others.elsewhere.isOnline(1)).toBe(false);
    expect([a.missed, a.others.others()]).toEqual([0, []]);
  });

  it('notice that one has gone, and read again what it may not have announced', async () => {
    const town = createTown();
    const [a, b] = [await town.begin('a'), await town.begin('b')];
    signIn(b, 1);
    town.pass(1_000);
    town.end(b);
    town.pass(4_000);
    expect([a.others.elsewhere.isOnline(1), a.missed]).toEqual([true, 0]);
    town.pass(2_000);
    expect([a.others.elsewhere.isOnline(1), a.missed]).toEqual([false, 1]);
  });

  it('show the terminals of one that was frozen as soon as it goes on', async () => {
    const town = createTown();
    const [a, b] = [await town.begin('a'), await town.begin('b')];
    signIn(b, 1);
    signIn(a, 2);
    town.pass(1_000);
    b.isFrozen = true;
    town.pass(10_000);
    expect(a.others.elsewhere.isOnline(1)).toBe(false);
    town.goOn(b);
    town.pass(1_500);
    expect(a.others.elsewhere.isOnline(1)).toBe(true);
    expect(b.others.elsewhere.isOnline(2)).toBe(true);
    expect(b.others.isDeaf()).toBe(false);
  });

  it('agree on whose a terminal is, though the word of it was lost', async () => {
    const town = createTown();
    const [a, b] = [await town.begin('a'), await town.begin('b')];
    signIn(a, 1);
    town.pass(500);
    town.lose(a);
    signIn(b, 1);
    expect([...a.here, ...b.here]).toEqual([1, 1]);
    town.pass(2_000);
    const holders = [a, b].filter(({ here }) => here.has(1));
    expect(holders).toHaveLength(1);
    for (const one of [a, b]) expect(one.others.elsewhere.isOnline(1)).toBe(!one.here.has(1));
  });

  it('find out what has gone meanwhile, when they have missed something', async () => {
    const town = createTown();
    const [a, b] = [await town.begin('a'), await town.begin('b')];
    signIn(b, 1);
    signIn(b, 2);
    town.pass(500);
    b.here.delete(1);
    b.others.disconnected(1);
    town.lose(a);
    town.pass(500);
    expect([a.missed, a.others.elsewhere.isOnline(1)]).toEqual([1, true]);
    town.pass(1_000);
    expect([a.others.elsewhere.isOnline(1), a.others.elsewhere.isOnline(2)]).toEqual([false, true]);
  });

  it('take nothing in while everything is read again, and all of it afterwards, in its order', async () => {
    const town = createTown();
    const [a, b] = [await town.begin('a'), await town.begin('b')];
    const release = a.others.hold();
    const releaseToo = a.others.hold();
    signIn(b, 1);
    release();
    release();
    expect(a.others.elsewhere.isOnline(1)).toBe(false);
    releaseToo();
    expect(a.others.elsewhere.isOnline(1)).toBe(true);
  });

  it('hold no more back than there is room for, however much each notice tells, and read everything again instead', async () => {
    let listener: NeighbourListener | null = null;
    let [missed, heard] = [0, 0];
    const others = createNeighbourhood({
      ...{ instance: 'a', now: () => 0, monotonic: () => 0, connections: () => 0 },
      neighbours: {
        async join(_instance, given) {
          listener = given;
        },
        tell() {},
        leave: async () => {},
      },
      standingOf: () => expect.unreachable(),
      events: {
        ...{ corrected() {}, journals() {}, said() {}, takenOver() {}, touched() {} },
        votes(_commit, votes) {
          heard += votes.length;
        },
        missed: () => void missed++,
      },
    });
    await others.join();
    const release = others.hold();
    const votes = Array.from({ length: 150 }, (_, at) => ({
      ...{ journalKey: 1, seq: at + 1, windowKey: 1, rating: 0 as const, at: 0 },
    }));
    const tell = (notices: number) => {
      for (let told = 0; told < notices; told++) (listener as NeighbourListener | null)?.votes('1', votes);
    };
    tell(3_000);
    expect(missed).toBe(0);
    tell(1_000);
    expect(missed).toBe(1);
    release();
    expect(heard).toBeLessThan(1_000 * 150);
    tell(1);
    expect(missed).toBe(1);
  });
});
