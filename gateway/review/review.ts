/**
 * What a person may decide about votes, at the command line and over HTTP alike. Nothing is changed or removed by it: each
 * decision stands in the audit with its reason, in the same transaction, and can be taken back.
 */
import { randomBytes } from 'node:crypto';
import { readReason } from '../audit/reasons.ts';
import { writeActor } from '../domain/actor.ts';
import type { AuditTarget } from '../domain/audit-target.ts';
import { decidedDetail } from '../domain/decided-lines.ts';
import type { By } from '../store/changes.ts';
import type { Excluded, Exclusion, HeldFilter, ReviewReads, ReviewStore, ReviewTx } from '../store/review.ts';
import { readHeldVote } from './held-vote.ts';

export type Span = { from: number; to: number };

export type Review = Pick<ReviewReads, 'heldSummary' | 'exclusions' | 'journals'> & {
  /** Undecided ones, newest first. */
  held: ReviewReads['held'];
  /** Makes votes of what is held. */
  release(
    by: By,
    filter: HeldFilter,
    reason: string,
  ): Promise<{ released: number; taken: number; unfit: number }>;
  /** Leaves it out for good, or until `reconsider`. @returns how many. */
  dismiss(by: By, filter: HeldFilter, reason: string): Promise<number>;
  reconsider(by: By, filter: HeldFilter, reason: string): Promise<number>;

  /** Their votes of a span count no longer. @throws OrgRefusal `terminal-unknown`, `origin-unknown`, `window-unknown`. */
  exclude(by: By, which: Excluded, span: Span, reason: string): Promise<{ id: string; votes: number }>;
  /** @throws OrgRefusal `exclusion-unknown`, `exclusion-ended`. */
  include(by: By, id: string, reason: string): Promise<Exclusion>;
  /** @returns how many votes were set to another time. @throws OrgRefusal `terminal-unknown`. */
  redate(by: By, terminalId: string, span: Span, how: number | 'claimed', reason: string): Promise<number>;

  /** Nothing more is expected of it, and what comes of it is held. @throws OrgRefusal `journal-unknown`. */
  close(by: By, terminalId: string, epoch: string, reason: string): Promise<void>;
  reopen(by: By, terminalId: string, epoch: string, reason: string): Promise<void>;
  /** What is lost or on its way is expected no longer; what comes all the same is stored. */
  writeOff(
    by: By,
    terminalId: string,
    epoch: string,
    reason: string,
  ): Promise<{ lost: number; onItsWay: number }>;
  undoWriteOff(by: By, terminalId: string, epoch: string, reason: string): Promise<number>;
};

export type ReviewDeps = {
  store: ReviewStore;
  now: () => number;
  /**
   * Where votes come in meanwhile: runs a decision while none is under way, with everything that this process holds in memory
   * written down before and read again afterwards.
   */
  exclusively?<T>(act: () => Promise<T>): Promise<T>;
  /** What is excluded is marked in parts of so many. */
  rollupsAtOnce?: number;
};

/** Of each up to three rows are written anew, while no vote is stored. */
const ROLLUPS_AT_ONCE = 10_000;

const whichOf = ({ terminalId, origin, originUnit, windowId }: Exclusion): Excluded => ({
  ...(terminalId !== null && { terminalId }),
  ...(origin !== null && { origin: { name: origin, unitId: originUnit } }),
  ...(windowId !== null && { windowId }),
});

export function createReview({
  store,
  now,
  exclusively = (act) => act(),
  rollupsAtOnce = ROLLUPS_AT_ONCE,
}: ReviewDeps): Review {
  /** Decision and audit are one commit. The line says how much was concerned. */
  const decide = async <T>(
    by: By,
    action: string,
    target: AuditTarget,
    detail: Record<string, unknown> & { reason: string },
    act: (tx: ReviewTx, reason: string) => Promise<T>,
  ): Promise<T> => {
    const reason = readReason(detail.reason);
    return exclusively(() =>
      store.change(async (tx) => {
        const done = await act(tx, reason);
        const outcome = typeof done === 'number' ? { votes: done } : (done ?? {});
        const concerned = decidedDetail(await tx.concerned());
        return tx.audited(
          { by, action, target, detail: { ...detail, ...outcome, ...concerned, reason } },
          done,
        );
      }),
    );
  };
  const terminalOf = (id: string): AuditTarget => ({ kind: 'terminal', id });
  const targetOf = ({ terminalId }: HeldFilter): AuditTarget =>
    terminalId === undefined ? { kind: 'quarantine' } : terminalOf(terminalId);
  const excludedOf = ({ terminalId, origin, windowId }: Excluded): AuditTarget => {
    if (terminalId !== undefined) return terminalOf(terminalId);
    if (origin !== undefined) return { kind: 'origin', ...origin };
    return { kind: 'window', id: windowId ?? '' };
  };
  const journalOf = (terminalId: string, epoch: string): AuditTarget => ({
    kind: 'journal',
    terminalId,
    epoch,
  });

  return {
    heldSummary: store.heldSummary,
    held: store.held,
    release: (by, filter, reason) =>
      decide(by, 'held.release', targetOf(filter), { ...filter, kind: filter.reason, reason }, (tx) =>
        tx.release(filter, now(), readHeldVote),
      ),
    dismiss: (by, filter, reason) =>
      decide(by, 'held.dismiss', targetOf(filter), { ...filter, kind: filter.reason, reason }, (tx) =>
        tx.dismiss(filter, now()),
      ),
    reconsider: (by, filter, reason) =>
      decide(by, 'held.reconsider', targetOf(filter), { ...filter, kind: filter.reason, reason }, (tx) =>
        tx.reconsider(filter),
      ),

    exclusions: store.exclusions,
    async exclude(by, which, span, reason) {
      readReason(reason);
      const id = `x-${randomBytes(5).toString('hex')}`;
      const madeBy = writeActor(by.actor);
      const at = which.origin !== undefined && which.windowId !== undefined ? { window: which.windowId } : {};
      const add = (part: Span, act: (tx: ReviewTx, why: string) => Promise<number>) =>
        decide(by, 'votes.exclude', excludedOf(which), { ...at, ...part, reason }, async (tx, why) => ({
          id,
          votes: await act(tx, why),
        }));
      // At every moment what is marked is what the exclusion says: votes are stored between its parts, and it may stay at one of them.
      const [first = span, ...rest] = await store.exclusionParts(which, span, rollupsAtOnce);
      const excluded = await add(first, (tx, why) =>
        tx.exclude({ id, ...which, ...first, reason: why, madeAt: now(), madeBy }),
      );
      for (const part of rest)
        excluded.votes += (await add(part, (tx) => tx.resizeExclusion(id, part.to, 'longer'))).votes;
      return excluded;
    },
    async include(by, id, reason) {
      const target: AuditTarget = { kind: 'exclusion', id };
      const found = (await store.exclusions()).find((one) => one.id === id && one.endedAt === null);
      const [, ...rest] = found ? await store.exclusionParts(whichOf(found), found, rollupsAtOnce) : [];
      for (const { from, to } of rest.reverse())
        await decide(by, 'votes.include', target, { from, to, reason }, (tx) =>
          tx.resizeExclusion(id, from, 'shorter'),
        );
      return decide(by, 'votes.include', target, { reason }, (tx) => tx.endExclusion(id, now(), found?.to));
    },
    redate: (by, terminalId, { from, to }, how, reason) =>
      decide(by, 'votes.redate', terminalOf(terminalId), { from, to, how, reason }, (tx) =>
        tx.redate(terminalId, { from, to }, how),
      ),

    journals: store.journals,
    close: (by, terminalId, epoch, reason) =>
      decide(by, 'journal.close', journalOf(terminalId, epoch), { reason }, (tx) =>
        tx.closeJournal(terminalId, epoch, now()),
      ),
    reopen: (by, terminalId, epoch, reason) =>
      decide(by, 'journal.reopen', journalOf(terminalId, epoch), { reason }, (tx) =>
        tx.closeJournal(terminalId, epoch, null),
      ),
    writeOff: (by, terminalId, epoch, reason) =>
      decide(by, 'journal.write-off', journalOf(terminalId, epoch), { reason }, (tx) =>
        tx.writeOff(terminalId, epoch, now()),
      ),
    undoWriteOff: (by, terminalId, epoch, reason) =>
      decide(by, 'journal.expect-again', journalOf(terminalId, epoch), { reason }, (tx) =>
        tx.undoWriteOff(terminalId, epoch),
      ),
  };
}
