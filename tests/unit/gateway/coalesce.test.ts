/** Questions that are asked of the database together: as few as may be, and none is answered by what was seen before it was asked. */
import { expect, it } from 'vitest';
import { coalesce } from '../../../gateway/store/postgres/coalesce.ts';

/** As many as terminals of a city that come back at once. */
const CITY = 6_231;
const turn = () => new Promise<void>((resolve) => void setImmediate(resolve));

it('are some for a whole city, and each is answered by one that began after it', async () => {
  let [begun, state] = [0, 0];
  const ask = coalesce<null, number>(async (asked) => {
    begun += 1;
    const seen = state;
    await turn();
    return asked.map(() => seen);
  }, 20);
  const from = performance.now();
  const answers: Promise<void>[] = [];
  for (let at = 0; at < CITY; at++) {
    state = at;
    answers.push(ask(null).then((seen) => void expect(seen).toBeGreaterThanOrEqual(at)));
    if (at % 10 === 0) await turn();
  }
  await Promise.all(answers);
  const tookMs = performance.now() - from;
  expect(begun).toBeGreaterThan(1);
  expect(begun).toBeLessThanOrEqual(Math.ceil(tookMs / 20) + 1);
});

it('that could not be asked are all told so, and the next ones are asked again', async () => {
  let isBroken = true;
  const ask = coalesce<number, number>(async (asked) => {
    if (isBroken) throw new Error('it is away');
    return asked;
  }, 1);
  const refused = await Promise.allSettled([ask(1), ask(2)]);
  expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  isBroken = false;
  expect(await Promise.all([ask(3), ask(4)])).toEqual([3, 4]);
});
