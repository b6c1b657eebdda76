/**
 * The mean number of steps until a sum reaches a height, exactly, for a sum that falls by one at a time and not below 0. What falls by
 * one passes every number on its way, so the linear system of the height's many states comes apart: from the top down, each state's
 * way to the one below it. Every term is positive, so no digit is lost however long the way is.
 */

export type Jump = { up: number; probability: number };

/**
 * @param down probability of falling by one (at 0: of staying); with the jumps it makes 1
 * @returns steps from each sum below the height
 */
export function stepsToHeight(down: number, jumps: readonly Jump[], height: number): Float64Array {
  // From s: steps until s − 1 or the height, and the chance of each.
  const steps = new Float64Array(height);
  const falls = new Float64Array(height);
  const rises = new Float64Array(height);
  const total = new Float64Array(height);
  for (let s = height - 1; s >= 0; s--) {
    let [spent, gone] = [1, 0];
    for (const { up, probability } of jumps) {
      if (s + up >= height) {
        gone += probability;
        continue;
      }
      let [still, wayDown, wayUp] = [1, 0, 0];
      for (let at = s + up; at > s; at--) {
        wayDown += still * (steps[at] as number);
        wayUp += still * (rises[at] as number);
        still *= falls[at] as number;
      }
      spent += probability * wayDown;
      gone += probability * wayUp;
    }
    const leaves = s === 0 ? gone : down + gone;
    steps[s] = spent / leaves;
    falls[s] = down / leaves;
    rises[s] = gone / leaves;
  }
  total[0] = steps[0] as number;
  for (let s = 1; s < height; s++)
    total[s] = (steps[s] as number) + (falls[s] as number) * (total[s - 1] as number);
  return total;
}
