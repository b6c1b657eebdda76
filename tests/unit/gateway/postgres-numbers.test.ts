/** Numbers as PostgreSQL writes them. */
import { describe, expect, it } from 'vitest';
import { arrayOf, types } from '../../../gateway/store/postgres/numbers.ts';

const INTEGERS = [
  ['int4[]', 1007],
  ['int8[]', 1016],
] as const;

describe.each(INTEGERS)('an array of %s', (_name, oid) => {
  const parse = types.getTypeParser(oid as never, 'text') as (text: string) => number[];

  it.each([[[]], [[0]], [[7, -7, 0, 10, -2_147_483_648]]])('of %j is read as it was written', (numbers) => {
    expect(parse(arrayOf(numbers))).toEqual(numbers);
  });
});

it('the longest number that is counted with is read to its last digit', () => {
  const parse = types.getTypeParser(1016 as never, 'text') as (text: string) => number[];
  expect(parse(`{${Number.MAX_SAFE_INTEGER},${-Number.MAX_SAFE_INTEGER}}`)).toEqual([
    Number.MAX_SAFE_INTEGER,
    -Number.MAX_SAFE_INTEGER,
  ]);
});
