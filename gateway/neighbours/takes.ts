/**
 * A terminal is connected to one gateway. Whoever has it last keeps it: each sign-in is told, all gateways hear all of them in one order,
 * and whoever hears of a later one than its own lets the terminal go.
 */
export type Takes = {
  /** It has signed in here. @returns the number to tell. */
  took(terminalKey: number): number;
  left(terminalKey: number): void;
  isHere(terminalKey: number): boolean;
  here(): Iterable<number>;
  /** One's own word has come round: what is heard from now on is later. */
  heardOwn(terminalKey: number, take: number): void;
  /** @returns whether the terminal is here no longer by right. */
  heardOther(terminalKey: number): boolean;
};

export function createTakes(): Takes {
  let last = 0;
  const held = new Map<number, { take: number; isTold: boolean }>();
  return {
    took(terminalKey) {
      last += 1;
      held.set(terminalKey, { take: last, isTold: false });
      return last;
    },
    left: (terminalKey) => void held.delete(terminalKey),
    isHere: (terminalKey) => held.has(terminalKey),
    here: () => held.keys(),
    heardOwn(terminalKey, take) {
      const one = held.get(terminalKey);
      // Of an earlier sign-in, when it has come again meanwhile.
      if (one && take >= one.take) one.isTold = true;
    },
    heardOther: (terminalKey) => held.get(terminalKey)?.isTold ?? false,
  };
}
