/** What the gateway reads by its form is what JSON says, to the byte; and what is only nearly of that form is left to JSON. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readUsualForm } from '../../gateway/ingest/usual-form.ts';
import { CLOCKS, RATINGS } from '../../protocol/vote.ts';

const count = fc.oneof(fc.nat(20), fc.nat(), fc.integer({ min: 0, max: 999_999_999_999_999 }));
const vote = fc.record({
  seq: count,
  rating: fc.constantFrom(...RATINGS),
  at: count,
  clock: fc.constantFrom(...CLOCKS),
  boot: fc.oneof(fc.uuid(), fc.string({ maxLength: 40 }), fc.string({ unit: 'binary', maxLength: 20 })),
  mono: count,
});
const message = fc.record({
  epoch: fc.oneof(fc.constant('ab'.repeat(16)), fc.string({ maxLength: 40 })),
  votes: fc.array(vote, { minLength: 1, maxLength: 5 }),
  totals: fc.record({ satisfied: count, basically: count, unsatisfied: count }),
});
const isPlain = (text: string) => /^[ !#-[\]-~]*$/.test(text);
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

it('reads every message that a terminal writes, as JSON does', () => {
  let read = 0;
  fc.assert(
    fc.property(message, (drawn) => {
      const payload = write(drawn);
      const found = readUsualForm(payload);
      if (isPlain(drawn.epoch) && drawn.votes.every(({ boot }) => isPlain(boot))) {
        read += 1;
        expect(JSON.stringify(found)).toBe(payload.toString());
      }
      if (found !== null) expect(found).toEqual(JSON.parse(payload.toString('utf8')));
    }),
    { numRuns: 3_000 },
  );
  expect(read).toBeGreaterThan(500);
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
  let [changed, read] = [0, 0];
  fc.assert(
    fc.property(message, fc.array(change, { minLength: 1, maxLength: 3 }), (drawn, changes) => {
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
])('leaves %s to JSON', (_what, from, to) => {
  const usual =
    '{"epoch":"e","votes":[{"seq":7,"rating":"satisfied","at":8,"clock":"ntp","boot":"b","mono":9}],"totals":{"satisfied":1,"basically":0,"unsatisfied":0}}';
  expect(readUsualForm(Buffer.from(usual))).toEqual(JSON.parse(usual));
  expect(usual).toContain(from);
  expect(readUsualForm(Buffer.from(usual.replace(from, to)))).toBeNull();
});
