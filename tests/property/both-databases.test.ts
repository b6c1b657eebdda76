/** Whatever is done to people, the tree, the fleet and commands, in whatever order: both databases take and refuse the same. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { portHomes } from '../support/port-homes.ts';
import { AT, readAll, STEPS, takeStep } from '../support/port-steps.ts';
import { plant } from '../support/tree.ts';

/** So that there is something to begin with. */
const TREE = {
  units: [
    { id: 'a', name: 'a' },
    { id: 'ä', parentId: 'a', name: 'ä' },
  ],
  windows: ['a', 'B'].map((one) => ({ id: one, unitId: 'ä', name: one })),
  terminals: ['ä', '😀', 'B'].map((one) => ({ id: one, windowId: 'B' })),
};

const homes = portHomes();
/** A failure names its step: making the others fewer would take minutes. */
const RUNS = { numRuns: 12, endOnFailure: true };

it.skipIf(homes.length < 2)(
  'the same steps lead to the same answers, the same refusals, and the same in the end',
  async () => {
    const told = { given: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(...STEPS), { minLength: 20, maxLength: 60, size: 'max' }),
        async (all) => {
          const opened = await Promise.all(
            homes.map(async ([, create]) => {
              const home = await create();
              const ports = await home.open({ now: () => AT, admit: () => {} });
              await plant(ports, TREE);
              return { home, ports };
            }),
          );
          try {
            for (const one of all) {
              const [sqlite, postgres] = await Promise.all(opened.map(({ ports }) => takeStep(ports, one)));
              expect(postgres, one.name).toEqual(sqlite);
              told['given' in (sqlite as object) ? 'given' : 'refused'] += 1;
            }
            const [sqlite, postgres] = await Promise.all(opened.map(({ ports }) => readAll(ports)));
            expect(postgres).toEqual(sqlite);
          } finally {
            for (const { home, ports } of opened) {
              await ports.close();
              await home.dispose();
            }
          }
        },
      ),
      RUNS,
    );
    // Neither all of it nothing, nor all of it refused.
    expect(Math.min(told.given, told.refused)).toBeGreaterThan(20);
  },
);
