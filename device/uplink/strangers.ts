/**
 * Votes of somebody else under this journal's epoch: the gateway acks numbers that were never sent, so a copy of the card is, or was,
 * running. What may have been sent is sent again first, so that the gateway can tell repeats from strangers; then the epoch is left.
 */
import { codeOf, messageOf } from '../errors.ts';
import type { Journal } from '../journal/journal.ts';
import type { Log } from '../log.ts';

export type StrangersDeps = {
  journal: Pick<Journal, 'acked' | 'last' | 'setAcked'>;
  log: Log;
  /** Nothing is to be sent under this epoch any more. Called again later when it throws. */
  leave(upTo: number, neverSentFrom: number): void;
};

export type Strangers = {
  readonly areKnown: boolean;
  /** The highest that may be sent under this epoch. */
  readonly lastOfEpoch: number;
  found(upTo: number, neverSentFrom: number): void;
  /** What was sent again in this session, up to this number, has been answered. */
  compared(sentUpTo: number): void;
  /** Leaves the epoch once everything of it is compared; `staying` where that cannot be done yet, and nothing is to be sent. */
  tryToLeave(): 'waiting' | 'staying' | 'left';
  forget(): void;
};

export function createStrangers({ journal, log, leave }: StrangersDeps): Strangers {
  let known: { upTo: number; neverSentFrom: number; told: boolean } | null = null;
  return {
    get areKnown() {
      return known !== null;
    },
    get lastOfEpoch() {
      return known === null ? journal.last : known.neverSentFrom - 1;
    },
    found(upTo, neverSentFrom) {
      known ??= { upTo, neverSentFrom, told: false };
    },
    compared(sentUpTo) {
      if (known !== null) journal.setAcked(Math.min(sentUpTo, known.neverSentFrom - 1));
    },
    tryToLeave() {
      if (known === null || journal.acked < known.neverSentFrom - 1) return 'waiting';
      try {
        leave(known.upTo, known.neverSentFrom);
      } catch (error) {
        if (!known.told) log.error({ code: codeOf(error) }, messageOf(error));
        known.told = true;
        return 'staying';
      }
      known = null;
      return 'left';
    },
    forget() {
      known = null;
    },
  };
}
