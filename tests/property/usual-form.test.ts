/**
 * What the gateway reads by its form is what JSON says, to the byte, and what the schema takes; what is only nearly of that form is left
 * to both.
 */
import fc from 'fast-check';
import { Compile } from 'typebox/compile';
import { expect, it } from 'vitest';
import { readUsualForm } from '../../gateway/ingest/usual-form.ts';
import { MAX_EPOCH_MS, MAX_VOTES_PER_EPOCH } from '../../protocol/ids.ts';
import { CLOCKS, MAX_VOTES_PER_MESSAGE, RATINGS, VotesMessage } from '../../protocol/vote.ts';

const schema = Compile(VotesMessage);
/** Mostly within bounds, often at one of them. */
const upTo = (most: number) =>
  fc.oneof(
    { weight: 40, arbitrary: fc.oneof(fc.nat(20), fc.integer({ min: 1, max: most }), fc.constant(most)) },
    { weight: 1, arbitrary: fc.constantFrom(0, most + 1, 999_999_999_999_999) },
  );
const votes = upTo(MAX_VOTES_PER_EPOCH);
const vote = fc.record({
  seq: votes,
  rating: fc.constantFrom(...RATINGS),
  at: upTo(MAX_EPOCH_MS),
  clock: fc.constantFrom(...CLOCKS),
  boot: fc.oneof(
    { weight: 8, arbitrary: fc.uuid() },
    // That begin alike, and go on differently or end.
    { weight: 8, arbitrary: fc.string({ unit: fc.constantFrom('a', 'B', '-'), minLength: 1, maxLength: 6 }) },
    { weight: 1, arbitrary: fc.string({ maxLength: 40 }) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  ),
  mono: upTo(999_999_999_999_998),
});
const epochs = ['ab'.repeat(16), `${'ab'.repeat(15)}cd`, '0'.repeat(32)];
const message = fc.record({
  epoch: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...epochs) },
    { weight: 1, arbitrary: fc.string({ maxLength: 40 }) },
    { weight: 1, arbitrary: fc.constantFrom('ab'.repeat(15), 'ab'.repeat(17), 'AB'.repeat(16)) },
  ),
  votes: fc.oneof(
    { weight: 20, arbitrary: fc.array(vote, { minLength: 1, maxLength: 5 }) },
    {
      weight: 1,
      arbitrary: fc.array(vote, {
        minLength: MAX_VOTES_PER_MESSAGE - 1,
        maxLength: MAX_VOTES_PER_MESSAGE + 1,
      }),
    },
  ),
  totals: fc.record({ satisfied: votes, basically: votes, unsatisfied: votes }),
});
/** In the order of the schema, whatever order a record was drawn in. */
const write = ({ epoch, votes, totals }: typeof message extends fc.Arbitrary<infer M> ? M : never) =>
  Buffer.from(
    JSON.stringify({
      epoch,
      votes: votes.map(({ seq, rating, at, clock, boot, mono }) => ({ seq, rating, at, clock, boot, mono })),
      totals: {
        satisfied: totals.satisfied,
        basically: totals.basically,
        unsatisfied: totals.unsatisfied,
      },
    }),
  );

it('reads every message that a terminal writes, as JSON does, and none that the schema refuses', () => {
  let [read, left] = [0, 0];
  fc.assert(
    fc.property(message, (drawn) => {
      const payload = write(drawn);
      const found = readUsualForm(payload);
      if (schema.Check(drawn)) {
        read += 1;
        expect(JSON.stringify(found)).toBe(payload.toString());
        expect(found).toEqual(JSON.parse(payload.toString('utf8')));
      } else {
        left += 1;
        expect(found).toBeNull();
      }
    }),
    { numRuns: 5_000 },
  );
  expect(read).toBeGreaterThan(500);
  expect(left).toBeGreaterThan(500);
});

it('takes as many votes as the schema does', () => {
  const one = { rating: 'satisfied', at: 1, clock: 'ntp', boot: 'b', mono: 1 } as const;
  const of = (count: number) =>
    write({
      epoch: 'ab'.repeat(16),
      votes: Array.from({ length: count }, (_, place) => ({ ...one, seq: place + 1 })),
      totals: { satisfied: count, basically: 0, unsatisfied: 0 },
    });
  expect(readUsualForm(of(MAX_VOTES_PER_MESSAGE))?.votes).toHaveLength(MAX_VOTES_PER_MESSAGE);
  expect(readUsualForm(of(MAX_VOTES_PER_MESSAGE + 1))).toBeNull();
});

it('reads nothing that JSON would read otherwise, or not at all, whatever was changed in it', () => {
  const change = fc.record({
    how: fc.constantFrom('replace', 'insert', 'remove', 'cut', 'repeat'),
    where: fc.nat(),
    byte: fc.oneof(
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom(...Buffer.from('0123456789"\\,:{}[] -.eE')),
    ),
    length: fc.integer({ min: 1, max: 12 }),
  });
  const taken = message.filter((drawn) => schema.Check(drawn));
  let [changed, read] = [0, 0];
  fc.assert(
    fc.property(taken, fc.array(change, { minLength: 1, maxLength: 3 }), (drawn, changes) => {
      let payload: Buffer = write(drawn);
      for (const { how, where, byte, length } of changes) {
        const at = payload.length === 0 ? 0 : where % payload.length;
        const [before, after] = [payload.subarray(0, at), payload.subarray(at)];
        if (how === 'replace') payload = Buffer.concat([before, Buffer.of(byte), after.subarray(1)]);
        else if (how === 'insert') payload = Buffer.concat([before, Buffer.of(byte), after]);
        else if (how === 'remove') payload = Buffer.concat([before, after.subarray(length)]);
        else if (how === 'cut') payload = before;
        else payload = Buffer.concat([before, after.subarray(0, length), after]);
      }
      changed += 1;
      const found = readUsualForm(payload);
      if (found === null) return;
      read += 1;
      expect(found).toEqual(JSON.parse(payload.toString('utf8')));
      expect(schema.Check(found)).toBe(true);
    }),
    { numRuns: 20_000 },
  );
  expect(changed).toBe(20_000);
  // Some changes leave a message: another digit, another letter of a boot's name.
  expect(read).toBeGreaterThan(200);
});

it.each([
  ['a number with a zero before it', '"seq":7', '"seq":07'],
  ['a negative number', '"seq":7', '"seq":-7'],
  ['a fraction', '"seq":7', '"seq":7.0'],
  ['more digits than are exact', '"mono":9', '"mono":12345678901234567890'],
  ['an escaped letter', '"boot":"b"', '"boot":"\\u0062"'],
  ['a field twice', '"seq":7', '"seq":7,"seq":8'],
  ['another order', '"seq":7,"rating":"satisfied"', '"rating":"satisfied","seq":7'],
  ['a space', '"seq":7', '"seq": 7'],
  ['a field more', '"mono":9', '"mono":9,"x":1'],
  ['something after the end', '}}', '}} '],
  ['no vote', '[{"seq":7,"rating":"satisfied","at":8,"clock":"ntp","boot":"b","mono":9}]', '[]'],
  ['a comma after the last vote', '"mono":9}]', '"mono":9},]'],
  ['a vote number of zero', '"seq":7', '"seq":0'],
  ['a moment beyond the year 9999', '"at":8', '"at":253402300800000'],
  ['a total beyond what a journal can have', '"satisfied":1', '"satisfied":1000000001'],
  ['an epoch in capitals', 'abababababababababababababababab', 'ABABABABABABABABABABABABABABABAB'],
  ['an epoch that is longer', 'abababababababababababababababab', 'ababababababababababababababababab'],
  ['an epoch that is shorter', 'abababababababababababababababab', 'ababababababababababababababab'],
  ['a boot without a name', '"boot":"b"', '"boot":""'],
  ['a boot with a space', '"boot":"b"', '"boot":"b b"'],
])('leaves %s to JSON', (_what, from, to) => {
  const usual =
    '{"epoch":"abababababababababababababababab","votes":[{"seq":7,"rating":"satisfied","at":8,"clock":"ntp","boot":"b","mono":9}],"totals":{"satisfied":1,"basically":0,"unsatisfied":0}}';
  expect(readUsualForm(Buffer.from(usual))).toEqual(JSON.parse(usual));
  expect(usual).toContain(from);
  expect(readUsualForm(Buffer.from(usual.replace(from, to)))).toBeNull();
});
