/** The figures of a unit or window, and of each window below it, over a period. */
import type { FigureRules, SpanFigures } from '../../protocol/score.ts';
import type { OrgTree, ServiceWindow } from '../domain/org.ts';
import { figuresOf } from '../scores/node-history.ts';
import { OrgRefusal } from '../store/failures.ts';
import type { HistoryOf, HistoryStore } from '../store/history.ts';
import { type RulePlace, windowsBelow } from '../verdicts/rule-places.ts';

export type Bounds = { from: number; to: number };
export type PlaceFigures = { total: SpanFigures; windows: { window: ServiceWindow; figures: SpanFigures }[] };

/** A city of 6,231 windows, and room to grow. */
const MOST_WINDOWS = 20_000;

/** A window at a time: votes are taken between them. @param place that is there @throws OrgRefusal `publication-too-large`, StoreFailure */
export async function readFigures(
  history: Pick<HistoryStore, 'sums'>,
  tree: OrgTree,
  place: RulePlace,
  { from, to }: Bounds,
  rules: FigureRules,
): Promise<PlaceFigures> {
  const below = place.unit === undefined ? [] : windowsBelow(tree, place);
  if (below.length > MOST_WINDOWS)
    throw new OrgRefusal(
      'publication-too-large',
      `a publication has no more than ${MOST_WINDOWS} windows: publish the units below`,
    );
  const read = async (of: HistoryOf) => figuresOf((await history.sums(of, [from, to])).flat(), rules);
  const windows: PlaceFigures['windows'] = [];
  for (const windowKey of below) {
    const window = tree.windowByKey.get(windowKey);
    if (window) windows.push({ window, figures: await read({ windowKey }) });
  }
  return { total: await read(keyOf(tree, place)), windows };
}

function keyOf(tree: OrgTree, { unit, window }: RulePlace): HistoryOf {
  if (window !== undefined) return { windowKey: tree.windowById.get(window)?.key ?? 0 };
  return { unitKey: tree.unitById.get(unit ?? '')?.key ?? 0 };
}
