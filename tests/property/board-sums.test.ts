/** Rows of units that are kept between calls are what they would be if nothing were kept. Promise C. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createCalendar } from '../../gateway/domain/calendar.ts';
import { UNKNOWN } from '../../gateway/domain/completeness.ts';
import { buildTree } from '../../gateway/domain/org.ts';
import { ScoreBook } from '../../gateway/domain/score-book.ts';
import type { RatingCode } from '../../gateway/domain/tally.ts';
import { createBoard } from '../../gateway/live/board.ts';
import { figures } from '../support/figures.ts';

const NOW = 1_795_000_000_000;
const UNITS = 6;
const WINDOWS = 12;

/** Parents by number: unit n hangs below one of those before it, or is a top. */
const trees = fc
  .tuple(
    fc.array(fc.nat(), { minLength: UNITS, maxLength: UNITS }),
    fc.array(fc.nat(UNITS - 1), { minLength: WINDOWS, maxLength: WINDOWS }),
  )
  .map(([parents, homes]) =>
    buildTree(
      parents.map((pick, at) => {
        const above = pick % (at + 1);
        return { key: at + 1, id: `u${at}`, parentId: above === at ? null : `u${above}`, name: `${at}` };
      }),
      homes.map((home, at) => ({ key: at + 1, id: `w${at}`, unitId: `u${home}`, name: `${at}` })),
      homes.map((_home, at) => ({ key: at + 1, id: `t${at}`, windowId: `w${at}` })),
    ),
  );
const steps = fc.array(
  fc.tuple(fc.constantFrom('vote', 'online', 'pending', 'ask'), fc.nat(WINDOWS - 1), fc.nat(UNITS - 1)),
  { maxLength: 60 },
);

it('whatever has changed, and whoever has asked in between', () => {
  fc.assert(
    fc.property(trees, steps, (tree, script) => {
      const calendar = createCalendar('Asia/Shanghai');
      const book = new ScoreBook(calendar);
      const online = new Set<string>();
      const pending = new Map<string, number>();
      const board = createBoard({
        ...{
          tree: () => tree,
          book,
          excludedBook: new ScoreBook(calendar),
          discountedBooks: [],
        },
        figures,
        presence: { isOnline: (id) => online.has(id), lastSeenAt: (id) => (pending.has(id) ? NOW : null) },
        isClockApart: () => false,
        completenessOf: ({ id }) => ({ ...UNKNOWN, state: 'pending', pending: pending.get(id) ?? 0 }),
      });
      for (const [what, at, unit] of script) {
        const [windowId, terminalId] = [`w${at}`, `t${at}`];
        if (what === 'ask') {
          board.unitRow(tree.units[unit] as (typeof tree.units)[0], NOW);
          continue;
        }
        if (what === 'vote') book.add(at + 1, (at % 3) as RatingCode, NOW);
        else if (what === 'pending') pending.set(terminalId, (pending.get(terminalId) ?? 0) + 1);
        else if (!online.delete(terminalId)) online.add(terminalId);
        board.forget(windowId);
      }
      const kept = tree.units.map((unit) => board.unitRow(unit, NOW));
      const rows = board.rows('today', NOW);
      expect(kept).toEqual(rows.units);
      // A snapshot takes all that is in it.
      expect(Object.keys(rows)).toEqual(['units', 'windows']);
    }),
  );
});
