/** Draws of one seed: the same for the same seed. */
import { createRandom } from '../../demo/citizens/random.ts';

export type Dice = ReturnType<typeof createDice>;

export function createDice(seed: number) {
  const draw = createRandom(seed);
  const between = (low: number, high: number) => low + (high - low) * draw();
  const whole = (low: number, high: number) => Math.floor(between(low, high + 1));
  /** Box & Muller (1958). */
  const normal = () => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
  /** Marsaglia & Tsang, A simple method for generating gamma variables (2000). */
  const gamma = (shape: number): number => {
    if (shape < 1) return gamma(shape + 1) * (1 - draw()) ** (1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = normal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && Math.log(1 - draw()) < x ** 2 / 2 + d - d * v + d * Math.log(v)) return d * v;
    }
  };
  return {
    draw,
    between,
    whole,
    normal,
    /** As often small as large, by factors. */
    logBetween: (low: number, high: number) => low * (high / low) ** draw(),
    chance: (p: number) => draw() < p,
    exponential: (mean: number) => -mean * Math.log(1 - draw()),
    /** Of a mean below some hundred: Knuth. */
    poisson(mean: number): number {
      let [count, product] = [0, draw()];
      const least = Math.exp(-Math.min(mean, 700));
      while (product > least) {
        count += 1;
        product *= draw();
      }
      return count;
    },
    pick: <T>(some: readonly T[]): T => some[whole(0, some.length - 1)] as T,
    /** Shares about these means, the closer the greater the concentration. */
    dirichlet(means: readonly number[], concentration: number): number[] {
      const parts = means.map((mean) => gamma(Math.max(1e-3, mean * concentration)));
      const sum = parts.reduce((all, part) => all + part, 0);
      return parts.map((part) => part / sum);
    },
    /** Another one for a part, so that a change elsewhere does not change it. */
    fork: () => createDice(Math.floor(draw() * 2 ** 32)),
  };
}
