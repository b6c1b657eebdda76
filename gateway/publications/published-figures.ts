/** The figures of a unit or window over a period, and of each window that stood there then. */
import { createHash } from 'node:crypto';
import type { FigureRules } from '../../protocol/score.ts';
import type { Counts } from '../../protocol/vote.ts';
import { canonicalJson } from '../domain/canonical-json.ts';
import type { OrgTree } from '../domain/org.ts';
import {
  countsIn,
  type PublishedBody,
  type PublishedSpan,
  type PublishedWindow,
} from '../domain/publications.ts';
import { emptyCounts } from '../domain/tally.ts';
import type { TreeThen } from '../domain/tree-then.ts';
import { figuresOf } from '../scores/node-history.ts';
import { OrgRefusal } from '../store/failures.ts';
import type { HistoryRow, HistoryStore, Parts, WindowThere } from '../store/history.ts';
import { createPause } from '../store/pause.ts';
import { clocksOf } from '../verdicts/ground-rules.ts';
import type { RulePlace } from '../verdicts/rule-places.ts';

/** A city of 6,231 windows, and room to grow. */
const MOST_WINDOWS = 20_000;

/**
 * All of one moment; votes are taken while it is read. @param timeZone the gateway's: what is shown at the counter goes by its days
 * @param place that is there @throws OrgRefusal `publication-too-large`, StoreFailure
 */
export async function readParts(
  history: Pick<HistoryStore, 'parts'>,
  tree: OrgTree,
  { unit, window }: RulePlace,
  span: PublishedSpan,
  timeZone: string,
): Promise<Parts> {
  const { calendar } = clocksOf(timeZone);
  const daysIn = ({ from, to }: PublishedSpan) => {
    const first = calendar.dayOf(from);
    return { from: calendar.startOf(first) < from ? first + 1 : first, end: calendar.dayOf(to) };
  };
  const of =
    window !== undefined
      ? { windowKey: tree.windowById.get(window)?.key ?? 0 }
      : { unitKey: tree.unitById.get(unit ?? '')?.key ?? 0 };
  const parts = await history.parts(of, span, daysIn);
  if (parts.windows.length > MOST_WINDOWS)
    throw new OrgRefusal(
      'publication-too-large',
      `a publication has no more than ${MOST_WINDOWS} windows: publish the units below`,
    );
  return parts;
}

export type Made = Pick<PublishedBody, 'revision' | 'total' | 'windows' | 'shown'>;
export type MadeBy = {
  tree: OrgTree;
  treeThen: TreeThen;
  rules: FigureRules;
  period: PublishedSpan;
  timeZone: string;
  /** As the book of privacy has it. */
  steppedSince(windowKey: number): number | null;
};

/** @returns null where a window stood there that `tree` does not know yet. */
export async function figuresIn(
  parts: readonly WindowThere[],
  { tree, treeThen, rules, period, timeZone, steppedSince }: MadeBy,
): Promise<Made | null> {
  const pause = createPause();
  const windows: PublishedWindow[] = [];
  const shown: Counts[] = [];
  let isTold = isOfDays(period, timeZone);
  for (const { windowKey, rows, spans, shown: told } of parts) {
    const window = tree.windowByKey.get(windowKey);
    if (!window) return null;
    const [first, last = first] = [spans[0], spans.at(-1)];
    const path = treeThen.pathAt({ kind: 'window', key: windowKey }, (last?.to ?? period.to) - 1);
    const isWhole = spans.length === 1 && first?.from === period.from && first.to === period.to;
    const figures = figuresOf(rows, rules);
    windows.push({
      ...{ id: window.id, name: path.at(-1) ?? window.name, path: path.slice(0, -1) },
      ...{ stood: isWhole ? null : spans },
      ...figures,
    });
    shown.push(told);
    const since = steppedSince(windowKey);
    // Of what was told otherwise meanwhile, and of a part of what is told in steps, the difference to these may be one vote.
    const places = treeThen.placesWithin(
      { kind: 'window', key: windowKey },
      { from: period.from - 1, to: Number.POSITIVE_INFINITY },
    );
    isTold &&= isWhole && since !== null && since < period.from && places.length === 1;
    await pause();
  }
  return {
    ...{ revision: revisionOf(windows), windows, shown: isTold ? shown : null },
    total: figuresOf(rowsIn(parts), rules),
  };
}

function revisionOf(windows: readonly PublishedWindow[]): string {
  const hash = createHash('sha256');
  for (const window of windows) hash.update(`${window.id} ${countsIn(window)}\n`);
  return hash.digest('hex').slice(0, 16);
}

export const rowsIn = (parts: readonly WindowThere[]): HistoryRow[] => parts.flatMap(({ rows }) => rows);

function isOfDays({ from, to }: PublishedSpan, timeZone: string): boolean {
  const { calendar } = clocksOf(timeZone);
  return [from, to].every((at) => calendar.startOf(calendar.dayOf(at)) === at);
}

/** Megabytes of a city, a window after another. */
export async function textOf(body: PublishedBody): Promise<string> {
  const pause = createPause();
  const windows: string[] = [];
  for (const window of body.windows) {
    windows.push(canonicalJson(window));
    await pause();
  }
  const { windows: _, ...rest } = body;
  // Its name is the last by the order of members.
  return `${canonicalJson(rest).slice(0, -1)},"windows":[${windows.join(',')}]}`;
}

/**
 * What of it may be told to those who may stand at a counter there. @param standsThere does this window stand there now?
 * @throws OrgRefusal `period-withheld`
 */
export async function toldInSteps(
  body: PublishedBody,
  standsThere: (windowId: string) => boolean,
): Promise<PublishedBody> {
  const { shown, figures } = body;
  if (shown === null || body.windows.some(({ id, stood }) => stood !== null || !standsThere(id)))
    throw new OrgRefusal(
      'period-withheld',
      'at the counter figures move in steps of days: this publication is of hours, of the days of another time zone, or of windows that have not stood there, in steps, ever since its period began',
    );
  const pause = createPause();
  const windows: PublishedWindow[] = [];
  const rowOf = (counts: Counts): HistoryRow => ({ channel: 0, verdict: 0, isExcluded: false, counts });
  for (const [index, { id, name, path, stood }] of body.windows.entries()) {
    windows.push({ id, name, path, stood, ...figuresOf([rowOf(shown[index] ?? emptyCounts())], figures) });
    await pause();
  }
  // The revision of what is held back would let one try which counts have it.
  const revision = revisionOf(windows);
  return { ...body, revision, privacy: 'steps', windows, total: figuresOf(shown.map(rowOf), figures) };
}
