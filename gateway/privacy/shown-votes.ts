/**
 * What is shown to whoever is bound to a unit: of every window a state that moves on in steps (domain/privacy), kept in the store, so
 * that neither a restart nor another gateway tells more than was told before.
 */
import type { Calendar } from '../domain/calendar.ts';
import type { OrgTree } from '../domain/org.ts';
import { stepAt } from '../domain/privacy/settings.ts';
import { adopt, NOTHING_SHOWN, type ShownWindow, step } from '../domain/privacy/window-steps.ts';
import { ScoreBook } from '../domain/score-book.ts';
import { emptyCounts } from '../domain/tally.ts';
import type { Lease } from '../store/leases.ts';
import type { KeptShown, KeptStep, PrivacyStore } from '../store/privacy.ts';
import type { PrivacyBook } from './privacy-book.ts';

export type ShownVotes = {
  /** Of what is shown, by day. */
  book: ScoreBook;
  isStepped(windowKey: number): boolean;
  /** When the step that is shown of such windows was due; null before the first. */
  lastStep(minutes: number): number | null;
  isDue(): boolean;
  /** The steps that are due, of all windows. @throws StoreFailure, LeaseLost */
  step(lease: Lease | null): Promise<void>;
  /** What other gateways have stepped. @throws StoreFailure */
  follow(): Promise<void>;
  /** The settings or the tree are others. @throws StoreFailure */
  settle(): Promise<void>;
  /** What is shown has moved on. */
  onMoved(listener: () => void): void;
};

export type ShownVotesDeps = {
  store: Pick<PrivacyStore, 'shown' | 'keep'>;
  /** Of the votes that count. */
  live: Pick<ScoreBook, 'ofDay'>;
  privacy: Pick<PrivacyBook, 'settingsOf'>;
  tree: () => OrgTree;
  calendar: Calendar;
  now: () => number;
};

/** Only the steps: no window has moved on as late as that. */
const STEPS_ALONE = Number.MAX_SAFE_INTEGER;

/** @throws StoreFailure */
export async function openShownVotes(deps: ShownVotesDeps): Promise<ShownVotes> {
  const { store, live, privacy, tree, calendar, now } = deps;
  const book = new ScoreBook(calendar);
  const shown = new Map<number, ShownWindow>();
  const lastSteps = new Map<number, number>();
  const listeners: (() => void)[] = [];

  const span = () => {
    const today = calendar.dayOf(now());
    // As far back as scores are read at a start.
    return { from: Math.min(calendar.monthStart(today), today - 6), today };
  };
  const countsOf = (windowKey: number) => (day: number) => live.ofDay(windowKey, day);
  const show = (windowKey: number, next: ShownWindow) => {
    const before = shown.get(windowKey) ?? NOTHING_SHOWN;
    for (const [day, one] of next.days) {
      const old = before.days.get(day)?.shown ?? emptyCounts();
      if (one.shown === old) continue;
      const more = [
        one.shown.satisfied - old.satisfied,
        one.shown.basically - old.basically,
        one.shown.unsatisfied - old.unsatisfied,
      ];
      book.addQuarter(windowKey, calendar.startOf(day), more, 0);
    }
    shown.set(windowKey, next);
  };
  const moved = () => {
    for (const listener of listeners) listener();
  };

  const read = async (since: number) => {
    const kept = await store.shown(span().from, since);
    const days = new Map<number, Map<number, Pick<KeptShown['days'][0], 'taken' | 'shown'>>>();
    for (const { windowKey, day, ...one } of kept.days)
      days.set(windowKey, (days.get(windowKey) ?? new Map()).set(day, one));
    for (const { windowKey, dark, steppedAt } of kept.windows)
      show(windowKey, { days: days.get(windowKey) ?? new Map(), dark, steppedAt, waiting: null });
    for (const { minutes, at } of kept.steps) lastSteps.set(minutes, at);
  };
  const follow = async () => {
    const { steps } = await store.shown(0, STEPS_ALONE);
    const others = steps.filter(({ minutes, at }) => at > (lastSteps.get(minutes) ?? 0));
    if (others.length === 0) return;
    await read(Math.min(...others.map(({ at }) => at)));
    moved();
  };

  const keep = async (
    lease: Lease | null,
    changed: ReadonlyMap<number, ShownWindow>,
    steps: readonly KeptStep[],
    toLive: readonly number[],
  ) => {
    const days = [...changed].flatMap(([windowKey, next]) =>
      [...next.days]
        .filter(([day, one]) => shown.get(windowKey)?.days.get(day) !== one)
        .map(([day, one]) => ({ windowKey, day, ...one })),
    );
    const windows = [...changed].flatMap(([windowKey, { dark, steppedAt }]) =>
      steppedAt === null ? [] : [{ windowKey, dark, steppedAt }],
    );
    return store.keep(lease, { windows, days, steps: [...steps] }, toLive);
  };

  const isOn = (windowKey: number) => privacy.settingsOf(windowKey).isOn;
  const settle = async () => {
    const toLive = [...shown.keys()].filter((windowKey) => !isOn(windowKey));
    const isMissing = () => tree().windows.some(({ key }) => isOn(key) && !shown.has(key));
    if (toLive.length === 0 && !isMissing()) return;
    // Another gateway may have begun with them.
    await read(0);
    const at = now();
    const begun = new Map<number, ShownWindow>();
    for (const { key } of tree().windows)
      if (isOn(key) && !shown.has(key)) begun.set(key, adopt({ countsOf: countsOf(key), ...span(), at }));
    const gone = [...shown.keys()].filter((windowKey) => !isOn(windowKey));
    await keep(null, begun, [], gone);
    for (const windowKey of gone) {
      shown.delete(windowKey);
      book.drop(windowKey);
    }
    for (const [windowKey, next] of begun) show(windowKey, next);
    moved();
  };

  const dueSteps = (): KeptStep[] => {
    const at = now();
    const minutes = new Set(tree().windows.map(({ key }) => privacy.settingsOf(key).stepMinutes));
    return [...minutes].flatMap((one) => {
      const due = stepAt(at, one);
      return due > (lastSteps.get(one) ?? 0) ? [{ minutes: one, at: due }] : [];
    });
  };

  // One after another: each goes on from what the one before has shown.
  let last: Promise<void> = Promise.resolve();
  const inTurn = <A extends unknown[]>(act: (...args: A) => Promise<void>) => {
    return (...args: A): Promise<void> => {
      const mine = last.catch(() => {}).then(() => act(...args));
      last = mine;
      return mine;
    };
  };

  await read(0);
  await settle();
  return {
    book,
    isStepped: isOn,
    lastStep: (minutes) => lastSteps.get(minutes) ?? null,
    isDue: () => dueSteps().length > 0,
    step: inTurn(async (lease: Lease | null) => {
      await follow();
      const due = dueSteps();
      if (due.length === 0) return;
      const changed = new Map<number, ShownWindow>();
      for (const { key } of tree().windows) {
        const { stepMinutes, leastVotes } = privacy.settingsOf(key);
        const at = due.find(({ minutes }) => minutes === stepMinutes)?.at;
        const before = shown.get(key);
        if (at === undefined || !before) continue;
        const next = step(before, { countsOf: countsOf(key), ...span(), leastVotes, at });
        if (next.days === before.days) shown.set(key, next);
        else changed.set(key, next);
      }
      if (!(await keep(lease, changed, due, []))) return follow();
      for (const [windowKey, next] of changed) show(windowKey, next);
      for (const { minutes, at } of due) lastSteps.set(minutes, at);
      moved();
    }),
    follow: inTurn(follow),
    settle: inTurn(settle),
    onMoved: (listener) => void listeners.push(listener),
  };
}
