/** What happens when a part of the province dies, by whoever's hand, and how it comes back. */
import type { FleetState } from '../citizens/fleet.ts';
import { DemoError } from '../demo-error.ts';
import type { Pair } from '../postgres/pair.ts';
import type { Child, Ending } from '../processes/child.ts';
import * as words from '../screen/province-words.ts';
import type { Letter, ProvinceGateway } from './gateways.ts';
import { followRecovery } from './recovery.ts';
import type { Sight } from './sight.ts';

export type FaultsDeps = {
  gateways: readonly ProvinceGateway[];
  pair: Pair;
  sight: Pick<Sight, 'now' | 'look'>;
  fleet(): FleetState;
  tell(line: string): void;
  /** No fault is one any more: the demo ends. */
  asked: AbortSignal;
};

export type Faults = {
  /** For the end of what runs now. */
  listen(): void;
  killGateway(letter: Letter): void;
  killPrimary(): void;
  /** Whatever is down. */
  startAgain(): void;
};

export function createFaults(deps: FaultsDeps): Faults {
  const { gateways, pair, sight, fleet, tell, asked } = deps;
  let isFollowing = false;
  /** Of the servers: one after the other. */
  let turn: Promise<unknown> = Promise.resolve();
  const starting = new Set<Letter>();

  const watch = async () => {
    // What is felt of a second fault meanwhile is felt of both.
    if (isFollowing) return;
    isFollowing = true;
    try {
      const recovery = await followRecovery(fleet, asked);
      if (recovery === null) return tell(words.unnoticed());
      await sight.look();
      tell(words.recovered(recovery, sight.now().terminals));
    } catch (error) {
      if (!asked.aborted) throw error;
    } finally {
      isFollowing = false;
    }
  };
  const inTurn = (act: () => Promise<void>) => {
    turn = turn.then(act).catch((error: unknown) => {
      if (!asked.aborted) tell(words.serverFailed(textOf(error)));
    });
  };
  const howOf = ({ signal, code }: Ending) => signal ?? `code ${code}`;

  const takeOver = async () => {
    if (pair.state().standby !== 'follows') return tell(words.noStandby());
    const begunMs = performance.now();
    await pair.promote();
    tell(words.promoted(pair.server('primary').name, performance.now() - begunMs));
    listen();
  };
  const ended = (child: Child, ending: Ending) => {
    if (asked.aborted) return;
    const [primary, standby] = [pair.server('primary'), pair.server('standby')];
    const gateway = gateways.find((each) => each.child() === child);
    if (gateway) {
      const { letter } = gateway;
      tell(words.gatewayEnded(letter, howOf(ending), sight.now().terminals[letter]));
      void watch();
    } else if (child === primary.child()) {
      tell(words.primaryEnded(primary.name, howOf(ending)));
      void watch();
      inTurn(takeOver);
    } else if (child === standby.child()) tell(words.standbyEnded(standby.name, howOf(ending)));
  };
  const known = new WeakSet<Child>();
  const listen = () => {
    for (const { child } of [...gateways, pair.server('primary'), pair.server('standby')]) {
      const running = child();
      if (running === null || known.has(running)) continue;
      known.add(running);
      void running.ended.then((ending) => ended(running, ending));
    }
  };

  const startGateway = async (gateway: ProvinceGateway) => {
    const { letter } = gateway;
    if (starting.has(letter)) return;
    starting.add(letter);
    tell(words.gatewayStarts(letter));
    const begunMs = performance.now();
    try {
      await gateway.start();
      tell(words.gatewayIsBack(letter, performance.now() - begunMs));
      listen();
    } catch (error) {
      if (!asked.aborted) tell(words.gatewayFailed(letter, textOf(error)));
    } finally {
      starting.delete(letter);
    }
  };
  const startServer = async () => {
    const begunMs = performance.now();
    if (!pair.state().isUp) {
      await pair.start();
      tell(words.primaryIsBack(pair.server('primary').name, performance.now() - begunMs));
    } else {
      const { name } = pair.server('standby');
      tell(words.standbyJoins(name));
      await pair.join();
      tell(words.standbyFollows(name, performance.now() - begunMs));
    }
    listen();
  };

  return {
    listen,
    killGateway: (letter) => void gateways.find((gateway) => gateway.letter === letter)?.kill(),
    killPrimary: () => void pair.server('primary').kill(),
    startAgain() {
      const down = gateways.filter(({ isUp }) => !isUp);
      const { isUp, standby } = pair.state();
      for (const gateway of down) void startGateway(gateway);
      if (!isUp || standby === 'none') inTurn(startServer);
      else if (down.length === 0) tell(words.nothingIsDown());
    },
  };
}

const textOf = (error: unknown): string =>
  error instanceof DemoError || error instanceof Error ? error.message : String(error);
