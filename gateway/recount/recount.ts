/** A window, or a unit with every window that stood below it then, in a span: counted anew from its votes, one window after another. */
import type { RecountPlan, RecountReads } from '../store/recount.ts';
import { Differences } from './differences.ts';
import type { NoticesOf } from './hours.ts';
import { createLocalTime, type LocalTime, localTimeThrough } from './local-time.ts';
import { readPeriod, type Span } from './period.ts';
import { createPlaces, type PathSince, type RecountPlace, type ZoneSince } from './places.ts';
import { recountWindow, type WindowRecount } from './recount-window.ts';
import { RecountRefusal } from './refusal.ts';
import { type RulesThroughTime, rulesThroughTime, throughPlaces } from './rules.ts';
import { addSums, emptySums, type Sums } from './sums.ts';

export type RecountQuestion = {
  place: RecountPlace;
  /** Local to the place: see `readPeriod`. */
  period: string;
  /** By the rules of now; by what is stored with each vote; or by those of now and, beside them, by an earlier revision of them. */
  rules: 'now' | 'stored' | number;
  /** The code of one channel; left out: all together. */
  channel?: number | undefined;
};

export type RecountDeps = {
  reads: RecountReads;
  /** The gateway's, where no unit has another. */
  timeZone: string;
  noticesOf: NoticesOf;
  now: () => number;
  /** From 0 to 1. */
  told: (part: number) => void;
  /** Until what waits to be judged may have been. */
  pause: () => Promise<void>;
};

export type Recount = {
  place: RecountPlace & { name: string };
  span: Span;
  /** Clocks of the place, as they were; and in which zones they were in the span. */
  local: LocalTime;
  timeZone: string;
  /** That stood there at some moment of it. */
  windows: number;
  /** Of the rules that votes were judged by: how many versions there are. */
  rules: number;
  own: Sums;
  /** As it is kept beside the votes, and served. */
  kept: Sums;
  other: Sums | null;
  differences: Differences;
  /** Windows of which some votes were still to be judged. */
  waiting: number;
  /** Windows that votes have come to since it began: each is of a moment of its own. */
  changing: number;
};

/** @returns null when there is no such place. @throws StoreFailure, RecountRefusal `rules-unknown` and those of `readPeriod` */
export async function recount(question: RecountQuestion, deps: RecountDeps): Promise<Recount | null> {
  const { place, rules, channel = null } = question;
  const { reads, told, now, timeZone } = deps;
  const plan = await reads.plan();
  const places = createPlaces(plan, timeZone);
  const name = places.nameOf(place);
  if (name === null) return null;
  const zones = places.zonesOf(place);
  const local = localTimeThrough(zones);
  const span = readPeriod(question.period, local);
  if (typeof rules === 'number' && rules > plan.rules.length)
    throw new RecountRefusal(
      'rules-unknown',
      `there are ${plan.rules.length} versions of the rules, and none numbered ${rules}: see \`manyi rules list\``,
    );
  const begun = now();
  const ruleBook = createRuleBook(plan, deps);
  const windows = places.windowsOf(place, span);
  const sum = { own: emptySums(), kept: emptySums(), differences: new Differences() };
  const other = typeof rules === 'number' ? emptySums() : null;
  let [waiting, changing] = [0, 0];
  for (const [index, { serviceWindow, spans }] of windows.entries()) {
    const paths = places.pathsTo(serviceWindow);
    const one = await settled(deps, () =>
      reads.window(serviceWindow.key, (parts) =>
        recountWindow(parts, {
          windowId: serviceWindow.id,
          ...{ spans, channel },
          rules: rules === 'stored' ? null : ruleBook(paths, plan.rules.length),
          otherRules: typeof rules === 'number' ? ruleBook(paths, rules) : null,
          told: (at) => told((index + (at - span.from) / (span.to - span.from)) / windows.length),
        }),
      ),
    );
    addSums(sum.own, one.own);
    addSums(sum.kept, one.kept);
    if (other !== null && one.other !== null) addSums(other, one.other);
    sum.differences.take(one.differences);
    waiting += one.isWaiting ? 1 : 0;
    changing += one.lastReceivedAt >= begun ? 1 : 0;
  }
  return {
    ...{ place: { ...place, name }, span, windows: windows.length, rules: plan.rules.length },
    ...{ local, timeZone: zonesIn(zones, span).join(', then ') },
    ...{ ...sum, other, waiting, changing },
  };
}

function zonesIn(zones: readonly ZoneSince[], { from, to }: Span): string[] {
  const before = zones.filter((zone) => zone.from <= from).slice(-1);
  return [...before, ...zones.filter((zone) => zone.from > from && zone.from < to)].map(
    ({ timeZone }) => timeZone,
  );
}

const TRIES = 6;

/** What waits to be judged is judged within a second by a gateway that runs, and is no difference until then. */
async function settled(
  { pause }: Pick<RecountDeps, 'pause'>,
  read: () => Promise<WindowRecount>,
): Promise<WindowRecount> {
  for (let tries = 1; ; tries++) {
    const one = await read();
    if (one.differences.count === 0 || !one.isWaiting || tries === TRIES) return one;
    await pause();
  }
}

/** Nearly all windows share their rules. */
function createRuleBook({ rules }: RecountPlan, { noticesOf }: RecountDeps) {
  const known = new Map<string, RulesThroughTime>();
  const locals = new Map<string, LocalTime>();
  const localOf = (timeZone: string): LocalTime => {
    const local = locals.get(timeZone) ?? createLocalTime(timeZone);
    locals.set(timeZone, local);
    return local;
  };
  return (paths: readonly PathSince[], revision: number): RulesThroughTime => {
    const versions = rules.slice(0, revision);
    const ruled = new Set(versions.map(({ node }) => node));
    const eras = paths.map(({ path, ...since }) => ({
      ...{ ...since, path: path.filter((place) => ruled.has(place)) },
    }));
    const name = `${revision} ${eras.map(({ from, timeZone, path }) => `${from} ${timeZone} ${path.join(' ')}`).join('; ')}`;
    const made =
      known.get(name) ??
      throughPlaces(
        eras.map(({ from, timeZone, path }) => ({
          from,
          rules: rulesThroughTime(path, versions, localOf(timeZone), noticesOf),
        })),
      );
    known.set(name, made);
    return made;
  };
}
