/**
 * Hello, and the wait for its answer, which says what is stored already and, on a board without a clock, what time it is: votes wait
 * for it. A gateway that came (back) after a hello did not hear it.
 */
import type { Hello } from '../../protocol/hello.ts';
import type { GatewayStatus } from '../../protocol/status.ts';
import { type DeviceClock, dateBy } from '../board/clock.ts';
import type { Journal } from '../journal/journal.ts';
import { canDate } from './dating.ts';

export type GreetingDeps = {
  journal: Pick<Journal, 'epoch' | 'first' | 'last'>;
  clock: DeviceClock;
  /** What hello says beside the journal and the clock. */
  about: { version: string; inputs: string[] };
  /** @returns false while there is no session. */
  publish(hello: Hello): boolean;
  /** So long its answer is waited for. */
  waitMs: number;
  /** It has been said: whatever was under way is begun again. */
  said(): void;
  /** Votes may be sent, `isNew` for the first time since it was said. */
  ended(isNew: boolean): void;
};

export type Greeting = {
  /** Of the journal of today; nothing while there is none: it is said when there is. */
  say(): void;
  /** Of any journal. @returns false while there is no session. */
  publish(epoch: string, journal: Hello['journal']): boolean;
  /** The gateway has said how it is. */
  met(status: GatewayStatus): void;
  isSaidFor(epoch: string): boolean;
  readonly isOver: boolean;
  /**
   * Votes from this number on are asked for. The gateway calls lost what it knows to be gone, and it knows by hello: said once for
   * each time that something went.
   */
  askedFor(lowest: number): void;
  end(): void;
  /** The session is over. */
  forget(): void;
};

export function createGreeting({ journal, clock, about, ...deps }: GreetingDeps): Greeting {
  let instance: string | null = null;
  let heard: { epoch: string; instance: string | null; first: number } | null = null;
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;

  const publish = (epoch: string, { first, last }: Hello['journal']): boolean => {
    const { version, inputs } = about;
    const hello: Hello = {
      epoch,
      boot: clock.bootId,
      version,
      inputs,
      journal: { first, last },
      clock: clock.anchor().clock,
      ...(canDate(clock) && { time: dateBy(clock.anchor(), clock.monoMs()).at }),
      mono: Math.round(clock.monoMs()),
    };
    return deps.publish(hello);
  };
  const say = () => {
    const { epoch, first } = journal;
    if (epoch === '' || !publish(epoch, journal)) return;
    heard = { epoch, instance, first };
    isOver = false;
    deps.said();
    clearTimeout(timer);
    timer = setTimeout(giveUp, deps.waitMs);
  };
  const end = () => {
    clearTimeout(timer);
    const isNew = !isOver;
    isOver = true;
    deps.ended(isNew);
  };
  /** Votes without a date would be placed where they come: rather ask for the time once more than send them. */
  const giveUp = () => (canDate(clock) ? end() : say());

  return {
    say,
    publish,
    met(status) {
      instance = status.instance;
      // What was on its way to it may be lost.
      if (!status.online) {
        heard = null;
        return;
      }
      if (heard?.instance === null) heard.instance = instance;
      if (heard?.instance !== instance) say();
    },
    isSaidFor: (epoch) => heard?.epoch === epoch,
    get isOver() {
      return isOver;
    },
    askedFor(lowest) {
      if (lowest < journal.first && heard !== null && heard.first < journal.first) say();
    },
    end,
    forget() {
      clearTimeout(timer);
      instance = null;
      heard = null;
    },
  };
}
