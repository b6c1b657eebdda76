/**
 * The stream of one unit's subtree, as if there were nothing else: its top has no parent, its trend and ticker are its own,
 * and so are its revisions and vote numbers, which would otherwise tell how much happens elsewhere.
 */
import {
  type LiveRow,
  type Snapshot,
  type Steps,
  TICKER_LENGTH,
  type TickerVote,
  TREND_MINUTES,
  type TrendMinute,
} from '../../protocol/live.ts';
import type { Counts } from '../../protocol/vote.ts';
import { type OrgTree, subtreeOf, type Unit } from '../domain/org.ts';
import type { ScoreBook } from '../domain/score-book.ts';
import type { Change } from './change.ts';
import type { CityChange, Stream } from './feed.ts';
import type { Places } from './places.ts';
import { createUnitPlaces } from './unit-places.ts';

export type ScopedStreamDeps = {
  unitId: string;
  tree: () => OrgTree;
  book: ScoreBook;
  /** The whole city's, now. */
  snapshot: () => Snapshot;
  countsOf(unit: Unit): Counts;
  places: Places;
  /** Where what is shown moves on in steps: nothing is told of a minute, or of a single vote. */
  steps?: (() => Steps) | undefined;
  /** The latest votes at these windows, oldest first; whatever is told after `take` is not among them. */
  readLatest(windows: OrgTree['windows'], take: (votes: readonly TickerVote[]) => void): Promise<void>;
};

export function createScopedStream(deps: ScopedStreamDeps): Stream {
  const { unitId, tree, book, snapshot, countsOf, places, steps, readLatest } = deps;
  let revision = 0;
  let nextVoteId = 1;
  const subtree = () => subtreeOf(tree(), unitId);
  const ownPlaces = createUnitPlaces({ tree: subtree, countsOf, places, group: `live ${unitId}` });

  const ownVotes = (votes: readonly TickerVote[]): TickerVote[] =>
    votes
      .filter(({ windowId }) => subtree().windowById.has(windowId))
      .slice(-TICKER_LENGTH)
      .map((vote) => ({ ...vote, id: nextVoteId++ }))
      .reverse();
  const ownUnit = (row: LiveRow): LiveRow => (row.id === unitId ? { ...row, parentId: null } : row);
  const ownMinute = (minute: number): TrendMinute => ({
    minute,
    ...book.minuteOf(
      subtree().unitById.get(unitId)?.key ?? 0,
      subtree().windows.map(({ key }) => key),
      minute,
    ),
  });

  let ticker: TickerVote[] = [];
  let isReady = false;
  /** What was last told of each minute, so that votes elsewhere say nothing here. */
  const told = new Map<number, string>();
  const tell = (trend: TrendMinute) => void told.set(trend.minute, JSON.stringify(trend));

  /** So it is with rows: a vote at what stood here once changes nothing here, and its moment is told to nobody here. */
  const toldRows = { units: new Map<string, string>(), windows: new Map<string, string>() };
  /** Who has this snapshot knows them, others may not: what is another row by now is told again, whatever it is then. */
  const noteRows = (rows: readonly LiveRow[], noted: Map<string, string>) => {
    for (const row of rows) {
      const [text, known] = [JSON.stringify(row), noted.get(row.id)];
      if (text !== known) noted.set(row.id, known === undefined ? text : '');
    }
  };
  const newRows = (rows: readonly LiveRow[], noted: Map<string, string>) =>
    rows.flatMap((row): [string, LiveRow][] => {
      const text = JSON.stringify(row);
      if (text === noted.get(row.id)) return [];
      noted.set(row.id, text);
      return [[row.id, row]];
    });

  const ownSnapshot = (): Snapshot => {
    const city = snapshot();
    const { unitById, windowById } = subtree();
    const units = city.units.filter(({ id }) => unitById.has(id)).map(ownUnit);
    const windows = city.windows.filter(({ id }) => windowById.has(id));
    noteRows(units, toldRows.units);
    noteRows(windows, toldRows.windows);
    return {
      ...city,
      ...{ revision, units, windows },
      places: ownPlaces.all(),
      trend: steps ? [] : city.trend.map(({ minute }) => ownMinute(minute)),
      ticker,
      ...(steps && { steps: steps() }),
    };
  };
  const ready = readLatest(subtree().windows, (votes) => {
    ticker = ownVotes(votes);
    for (const minute of ownSnapshot().trend) tell(minute);
    isReady = true;
  });

  return {
    ready,
    revision: () => revision,
    snapshot: ownSnapshot,
    narrow(city: CityChange): Change | null {
      if (!isReady) return null;
      const { unitById, windowById } = subtree();
      const ownUnits = [...city.units.values()].filter(({ id }) => unitById.has(id)).map(ownUnit);
      const units = newRows(ownUnits, toldRows.units);
      const ownWindows = [...city.windows.values()].filter(({ id }) => windowById.has(id));
      const windows = newRows(ownWindows, toldRows.windows);
      const trend = (steps ? [] : [...city.trend.keys()])
        .map(ownMinute)
        .filter((minute) => told.get(minute.minute) !== JSON.stringify(minute));
      const placed = city.placesAreDue ? ownPlaces.changed() : [];
      const votes = ownVotes(city.votes);
      if (units.length + windows.length + placed.length + trend.length + votes.length === 0) return null;
      for (const minute of trend) tell(minute);
      for (const minute of told.keys()) if (told.size > TREND_MINUTES) told.delete(minute);
      ticker = [...votes, ...ticker].slice(0, TICKER_LENGTH);
      revision += 1;
      return {
        from: revision - 1,
        revision,
        units: new Map(units),
        windows: new Map(windows),
        places: new Map(placed.map((one) => [one.unitId, one])),
        trend: new Map(trend.map((minute) => [minute.minute, minute])),
        ticker: votes,
      };
    },
    replaced() {
      ownPlaces.forget();
      toldRows.units.clear();
      toldRows.windows.clear();
      ticker = ticker.filter(({ windowId }) => subtree().windowById.has(windowId));
      revision += 1;
    },
  };
}
