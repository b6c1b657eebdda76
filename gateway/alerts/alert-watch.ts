/** Finds what there is to be alerted of, and opens, counts up and closes alerts by it. Every gateway finds; the one with the lease writes. */
import { ALERT_KINDS } from '../../protocol/alert.ts';
import { causeOf, type Found } from '../domain/alerts/found.ts';
import { type Looked, planAlerts, type Step } from '../domain/alerts/plan.ts';
import type { AlertRecord, AlertStore, AlertTx, NewAlert } from '../store/alerts.ts';
import type { AuditLine, By } from '../store/changes.ts';
import type { Lease } from '../store/leases.ts';
import type { HeldSummary } from '../store/review.ts';
import type { WaitingReviews } from '../store/reviews.ts';
import type { AlertBook } from './alert-book.ts';
import type { DecidedWindows } from './decided-windows.ts';
import { createKnownAlerts } from './known-alerts.ts';
import { createPendingWatch, findRates, findReviews, type StandingDeps } from './standing-watch.ts';
import { createTerminalWatch, type TerminalWatchDeps } from './terminal-watch.ts';
import { createVoteWatch, type VoteWatch } from './vote-watch.ts';

export type Told = { event: 'opened' | 'closed'; alert: AlertRecord };

export type AlertWatch = Pick<VoteWatch, 'stored' | 'doubt'> & {
  /** Takes up what has changed about alerts and their rules. @returns whether anything has. @throws StoreFailure */
  follow(): Promise<boolean>;
  /** Is there anything to be written? @throws StoreFailure */
  isDue(): Promise<boolean>;
  /** @throws StoreFailure, LeaseLost */
  act(lease: Lease): Promise<void>;
  /** Those that are not closed, as of the last `follow`. */
  open(): readonly AlertRecord[];
};

export type AlertWatchDeps = Omit<TerminalWatchDeps, 'book' | 'watchingSince'> &
  Omit<StandingDeps, 'book'> & {
    store: AlertStore;
    book: AlertBook;
    now: () => number;
    monotonic: () => number;
    heldSummary(): Promise<HeldSummary[]>;
    waitingReviews(): Promise<WaitingReviews[]>;
    /** What people decide about votes. */
    decided: DecidedWindows;
    newId(): string;
    /** In the transaction in which it is opened or closed. */
    told(tx: AlertTx, told: readonly Told[]): Promise<void>;
  };

const BY: By = { actor: { kind: 'gateway' }, origin: 'local' };
/** What is read of stored votes in one round; votes are taken in between. */
const FOLD_MS = 200;
/** Opened and closed in one transaction; the others in the next round. */
const AT_ONCE = 200;
/** What is no vote is looked at so often. */
const STANDING_EVERY_MS = 5_000;
/** The same causes again are noted at most so often: each time, every gateway reads them. */
const AGAIN_EVERY_MS = 1_000;

/** @throws StoreFailure */
export async function openAlertWatch(deps: AlertWatchDeps): Promise<AlertWatch> {
  const { store, book, tree, now, monotonic, heldSummary, waitingReviews, decided, newId, told } = deps;
  const known = createKnownAlerts({ store, reloadRules: book.reload, now });
  let standing: Pick<Looked, 'found' | 'covered'> = { found: [], covered: new Set() };
  let lookedAt = Number.NEGATIVE_INFINITY;
  let notedAt = Number.NEGATIVE_INFINITY;
  let steps: readonly Step[] = [];

  const terminals = createTerminalWatch({ ...deps, watchingSince: now() });
  const pending = createPendingWatch(deps, now(), known.settledAt);
  const votes = createVoteWatch({
    ...{ store, book, tree, now, monotonic },
    settledAt: (cause) => known.settledAt(cause) ?? Number.NEGATIVE_INFINITY,
  });

  const doubtWindow = (id: string) => {
    const serviceWindow = tree().windowById.get(id);
    if (serviceWindow) votes.doubt(serviceWindow.key);
  };
  const follow = async () => {
    const changed = await known.follow();
    for (const { node } of changed.settled) doubtWindow(node.split('window:')[1] ?? '');
    return changed.isAny;
  };
  const followDecided = async () => {
    const windows = await decided.follow();
    if (windows === 'any') votes.doubt();
    // One that is new here is of a tree that is new here, and folded then.
    else windows.forEach(doubtWindow);
  };

  const lookStanding = async () => {
    if (monotonic() - lookedAt < STANDING_EVERY_MS) return;
    lookedAt = monotonic();
    const causes = new Set(known.open().map(causeOf));
    const silence = terminals(now(), (cause) => causes.has(cause));
    const waiting = { held: await heldSummary(), reviews: await waitingReviews() };
    // Of a city each takes some ten milliseconds: votes are taken in between.
    await new Promise(setImmediate);
    const found: Found[] = [...silence.found, ...findRates(deps, now())];
    await new Promise(setImmediate);
    found.push(...pending(now()));
    await new Promise(setImmediate);
    found.push(...findReviews(deps, waiting, now()));
    standing = { found, covered: silence.covered };
  };

  const plan = (): Step[] =>
    planAlerts(known.open(), {
      ...{ found: [...standing.found, ...votes.found(now())], covered: standing.covered },
      ...{ kinds: new Set(ALERT_KINDS), settled: known.settledStanding() },
    }).filter((step) => step.do !== 'open' || tree().unitById.has(step.found.unitId));

  return {
    ...{ stored: votes.stored, doubt: votes.doubt, follow, open: known.open },
    async isDue() {
      await follow();
      await followDecided();
      await votes.catchUp(FOLD_MS);
      await lookStanding();
      const mayNote = monotonic() - notedAt >= AGAIN_EVERY_MS;
      steps = plan().filter((step) => step.do !== 'again' || mayNote);
      return steps.length > 0;
    },
    async act(lease) {
      const again = steps.filter((step) => step.do === 'again');
      const others = steps.filter((step) => step.do !== 'again').slice(0, AT_ONCE);
      if (again.length > 0) {
        notedAt = monotonic();
        await store.noteAgain(
          again.map(({ alert, found }) => ({
            id: alert.id,
            last: Math.max(alert.last, found.last),
            times: found.times > alert.times ? found.times : alert.times + 1,
          })),
          lease,
        );
      }
      if (others.length > 0) await write(others, lease);
      steps = [];
      await follow();
    },
  };

  async function write(some: readonly Step[], lease: Lease): Promise<void> {
    await store.change(async (tx) => {
      const lines: AuditLine[] = [];
      const toTell: Told[] = [];
      for (const step of some) {
        if (step.do === 'open') {
          const alert = await tx.add(newAlert(step.found));
          if (alert === null) {
            known.doubt();
            continue;
          }
          toTell.push({ event: 'opened', alert });
          lines.push(lineOf('alert.open', alert.id, { cause: causeOf(alert), ...alert.detail }));
        } else if (step.do === 'close') {
          const { id } = step.alert;
          if (!(await tx.close(id, { at: now(), by: 'gateway', why: step.why }))) continue;
          const alert = await tx.alert(id);
          if (alert) toTell.push({ event: 'closed', alert });
          lines.push(lineOf('alert.close', id, { cause: causeOf(step.alert), why: step.why }));
        }
      }
      const [first, ...rest] = lines;
      if (!first) return tx.unchanged(undefined);
      await told(tx, toTell);
      return tx.audited([first, ...rest], undefined);
    }, lease);
  }

  function newAlert({ kind, node, unitId, isUrgent, begin, last, times, detail }: Found): NewAlert {
    return { id: newId(), kind, node, unitId, isUrgent, begin, last, times, detail, openedAt: now() };
  }
}

const lineOf = (action: string, id: string, detail: Record<string, unknown>): AuditLine => ({
  ...{ by: BY, action, target: { kind: 'alert', id } },
  detail,
});
