/** What a recount has found, for programs and in words: each figure as it was recounted and as it is served. */

import type { Channel } from '../../../protocol/channel.ts';
import type { Proof } from '../../../protocol/score.ts';
import type { Counts } from '../../../protocol/vote.ts';
import { type Figure, figureOf, METHOD } from '../../domain/statistics/figure.ts';
import type { Difference } from '../../recount/differences.ts';
import { type FigureSettings, type Figures, figuresOf } from '../../recount/figures.ts';
import type { LocalTime } from '../../recount/local-time.ts';
import type { Recount } from '../../recount/recount.ts';
import { countedOf, type Sums, votesIn } from '../../recount/sums.ts';

type Value = number | boolean | Proof | null;
type FigureRow = { figure: string; recounted: Value; served: Value; equal: boolean; byOtherRules?: Value };

export type Report = {
  kind: 'unit' | 'window';
  id: string;
  name: string;
  from: string;
  to: string;
  timeZone: string;
  windows: number;
  method: typeof METHOD;
  rules: number;
  otherRules: number | null;
  channel: Channel | null;
  equal: boolean;
  figures: FigureRow[];
  differing: number;
  firstDiffering: readonly Difference[];
  waiting: number;
  changing: number;
};

/** Both ways of computing give so many digits. */
const DIGITS = 1e-12;

export function reportOf(
  found: Recount,
  asked: { settings: FigureSettings } & Pick<Report, 'otherRules' | 'channel'>,
): Report {
  const { settings, otherRules, channel } = asked;
  const { place, span, local, own, kept, other, differences } = found;
  const recounted = valuesOf(own, figuresOf(countedOf(own), settings));
  const served = valuesOf(kept, figureOf(countedOf(kept), settings));
  const byOther = other === null ? null : valuesOf(other, figuresOf(countedOf(other), settings));
  const names = new Set([recounted, served, byOther ?? {}].flatMap((values) => Object.keys(values)));
  const figures = [...names].map((figure) => {
    const [mine, theirs] = [valueIn(recounted, figure), valueIn(served, figure)];
    return {
      ...{ figure, recounted: mine, served: theirs, equal: isSame(mine, theirs) },
      ...(byOther !== null && { byOtherRules: valueIn(byOther, figure) }),
    };
  });
  return {
    ...{
      ...place,
      from: shownTime(span.from, local),
      to: shownTime(span.to, local),
      timeZone: found.timeZone,
    },
    ...{ windows: found.windows, method: METHOD, rules: found.rules, otherRules, channel },
    equal: differences.count === 0 && figures.every(({ equal }) => equal),
    ...{ figures, differing: differences.count, firstDiffering: differences.first },
    ...{ waiting: found.waiting, changing: found.changing },
  };
}

/** A reason that no vote has is not listed: it is nothing. */
const valueIn = (values: Record<string, Value>, figure: string): Value =>
  values[figure] ?? (figure in values ? null : 0);

function valuesOf(sums: Sums, figures: Figures | Figure): Record<string, Value> {
  const { pressed, excluded, discounted } = sums;
  const counted = countedOf(sums);
  return {
    ...ratings('pressed', pressed),
    ...ratings('excluded', excluded),
    ...Object.fromEntries(
      Object.entries(discounted)
        .filter(([, counts]) => votesIn(counts) > 0)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .flatMap(([verdict, counts]) => Object.entries(ratings(verdict, counts))),
    ),
    ...ratings('counted', counted),
    ...estimate('rate', figures.rate),
    ...estimate('index', figures.index),
    ...estimate('satisfiedShare', figures.satisfiedShare),
    ...estimate('middleShare', figures.middleShare),
    ...{ isSufficient: figures.isSufficient, proof: figures.proof },
  };
}

const ratings = (name: string, counts: Counts): Record<string, Value> => ({
  [name]: votesIn(counts),
  [`${name}.satisfied`]: counts.satisfied,
  [`${name}.basically`]: counts.basically,
  [`${name}.unsatisfied`]: counts.unsatisfied,
});

const estimate = (name: string, of: Figures['rate']): Record<string, Value> => ({
  [name]: of?.value ?? null,
  [`${name}.lower`]: of?.lower ?? null,
  [`${name}.upper`]: of?.upper ?? null,
});

function isSame(a: Value, b: Value): boolean {
  if (typeof a !== 'number' || typeof b !== 'number') return a === b;
  return a === b || Math.abs(a - b) <= DIGITS * Math.max(1, Math.abs(b));
}

const shownTime = (atMs: number, local: LocalTime) =>
  new Date(local.clockAt(atMs)).toISOString().replace('Z', '').replace('.000', '');

/** For people: the figures that are not 0, and what is to be said of them. */
export function tell(report: Report, local: LocalTime): { rows: FigureRow[]; notes: string[] } {
  const { figures, differing, firstDiffering, equal, from, to, timeZone, windows, rules } = report;
  const rows = figures
    .filter(
      ({ recounted, served, byOtherRules = 0 }) => recounted !== 0 || served !== 0 || byOtherRules !== 0,
    )
    .map(({ byOtherRules, ...row }) => ({
      ...{ ...row, recounted: shown(row.recounted), served: shown(row.served) },
      ...(byOtherRules !== undefined && { byOtherRules: shown(byOtherRules) }),
    }));
  const wrong = figures.find((row) => !row.equal);
  const [first] = firstDiffering;
  const what = `${report.kind} ${report.id} (${report.name}), pressed from ${from} to ${to} ${timeZone}, ${windows} window${windows === 1 ? '' : 's'}, rules ${rules}${report.channel === null ? '' : `, by ${report.channel}`}`;
  const notes = [`${equal ? 'equal' : 'not equal'}: ${what}`];
  if (wrong)
    notes.push(
      `first figure that differs: ${wrong.figure}, recounted ${wrong.recounted}, served ${wrong.served}`,
    );
  if (first) notes.push(`${differing} differ; the first: ${tellDifference(first, local)}`);
  if (report.waiting > 0)
    notes.push(
      `votes of ${report.waiting} windows are still to be judged: a gateway that runs does it, then ask again`,
    );
  if (report.changing > 0)
    notes.push(
      `votes have come to ${report.changing} windows meanwhile: each window is as of a moment of its own`,
    );
  return { rows, notes };
}

/** As many digits as are compared. */
const shown = (value: Value): Value => (typeof value === 'number' ? Number(value.toPrecision(12)) : value);

function tellDifference(one: Difference, local: LocalTime): string {
  const of = `${one.windowId}, terminal ${one.terminalId}, journal ${one.epoch}`;
  const at = shownTime(one.at, local);
  if (one.what === 'verdict')
    return `vote ${one.seq} at ${of}, pressed ${at}: stored as ${one.stored}, recounted as ${one.recounted}`;
  const counts = ({ satisfied, basically, unsatisfied }: Counts) =>
    `${satisfied}/${basically}/${unsatisfied}`;
  const kind = one.verdict === null ? one.what : `${one.what} (${one.verdict})`;
  return `${kind} of the quarter of an hour from ${at} at ${of}: kept ${counts(one.stored)}, recounted ${counts(one.recounted)}`;
}
