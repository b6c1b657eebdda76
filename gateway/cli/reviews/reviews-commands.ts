import { type Command, InvalidArgumentError, Option } from 'commander';
import { VERDICTS } from '../../../protocol/verdict.ts';
import { RATINGS } from '../../../protocol/vote.ts';
import { MAX_REASON_CHARS } from '../../audit/reasons.ts';
import { explainFlag } from '../../domain/detectors/explain-flag.ts';
import { DETECTORS } from '../../domain/detectors/flag.ts';
import { buildTree, type OrgTree, windowKeysBelow } from '../../domain/org.ts';
import {
  REVIEW_STATES,
  REVIEW_STEPS,
  type ReviewState,
  type ReviewStep,
  VOTE_DECISIONS,
  type VoteDecision,
} from '../../domain/review-steps.ts';
import { createReviews } from '../../review/reviews.ts';
import { OrgRefusal } from '../../store/failures.ts';
import type { ReviewRecord } from '../../store/reviews.ts';
import type { Store } from '../../store/store.ts';
import { date, show, showNote, showOne } from '../output.ts';
import { checkText } from '../texts.ts';
import { checkTime } from '../values.ts';
import type { WithStore } from '../with-store.ts';

type Which = { unit?: string; state?: ReviewState; detector?: string; limit: number };
type New = { window: string; from: number; to: number; decision: VoteDecision; reason: string };

const reviewsOf = ({ reviews }: Store) => createReviews({ store: reviews, now: Date.now });
const treeOf = async ({ org }: Store) =>
  buildTree(await org.units(), await org.windows(), await org.terminals());
const checkReason = checkText(MAX_REASON_CHARS);

const DONE: Readonly<Record<ReviewStep, string>> = {
  propose: 'proposes that its votes count for something else; another person has to confirm it',
  confirm: 'confirms what another person has proposed: its votes follow',
  'send-back': 'does not confirm it: it is open again',
  dismiss: 'there was nothing: its votes stay as they are',
  reopen: 'takes back what was decided: its votes are again what rules say of them',
};

/** What detectors have flagged, and what two people decide about it. */
export function registerReviewsCommands(program: Command, withStore: WithStore): void {
  const reviews = program
    .command('reviews')
    .description('votes that do not look like citizens\u2019: looked at by people, decided by two of them');
  reviews
    .command('list')
    .description('newest first')
    .option('--unit <id>', 'of this unit and what is below it')
    .addOption(new Option('--state <state>', 'only those').choices(REVIEW_STATES))
    .addOption(new Option('--detector <name>', 'only of it').choices([...DETECTORS, 'person']))
    .option('--limit <n>', 'how many', checkLimit, 50)
    .action(({ unit, state, detector, limit }: Which) =>
      withStore.reading(async (store, json) => {
        const tree = await treeOf(store);
        const filter = {
          ...(unit !== undefined && { windowKeys: windowsBelow(tree, unit) }),
          ...(state !== undefined && { states: [state] }),
          ...(detector !== undefined && { detectors: [detector] }),
        };
        const found = await reviewsOf(store).list(filter, limit);
        show(
          found.map((review) => rowOf(tree, review)),
          json,
        );
      }),
    );
  reviews
    .command('show')
    .description('one, with its figures in words, its votes and its history')
    .argument('<id>', 'the review')
    .action((id: string) =>
      withStore.reading(async (store, json) => {
        const own = reviewsOf(store);
        const review = await own.review(id);
        const { figures, limit, detector, key } = review;
        const explanation = explainFlag(detector, { figures, limit });
        const events = (await own.events(key)).map(({ at, ...event }) => ({ at: date(at), ...event }));
        const votes = (await own.votesOf(key)).map(
          ({ terminalId, epoch, origin, seq, rating, at, verdict, byRules }) => ({
            ...{
              terminal: terminalId ?? '',
              epoch: epoch ?? origin ?? '',
              seq,
              at: date(at),
              rating: RATINGS[rating],
            },
            ...{ verdict: VERDICTS[verdict], byRules: VERDICTS[byRules] },
          }),
        );
        const row = { ...rowOf(await treeOf(store), review), figures, limit, explanation };
        if (json) return showOne({ ...row, events, voteList: votes }, json, '');
        showOne(
          { ...row, figures: JSON.stringify(figures), explanation: explanation.zh },
          json,
          explanation.en,
        );
        showNote('');
        show(events, json);
        show(votes, json);
      }),
    );
  reviews
    .command('raise')
    .description('proposes what no detector has flagged')
    .requiredOption('--window <id>', 'the window')
    .requiredOption('--from <time>', 'pressed then or later', checkTime)
    .requiredOption('--to <time>', 'and then or before', checkTime)
    .addOption(
      new Option('--decision <what>', 'they count no longer, or although rules discount them')
        .choices(VOTE_DECISIONS)
        .makeOptionMandatory(),
    )
    .requiredOption('--reason <text>', 'why, for the audit', checkReason)
    .action(({ window: id, ...asked }: New) =>
      withStore(async (store, json, { by }) => {
        if (asked.from > asked.to) program.error('--from must not be after --to');
        const serviceWindow = (await treeOf(store)).windowById.get(id);
        if (!serviceWindow) throw new OrgRefusal('window-unknown', `there is no window ${id}: list them`);
        const made = await reviewsOf(store).raise(by, { ...asked, windowKey: serviceWindow.key });
        showOne({ ...made }, json, `Somebody else confirms it: manyi reviews confirm ${made.id} --reason …`);
      }),
    );
  for (const step of REVIEW_STEPS)
    reviews
      .command(step)
      .description(DONE[step])
      .argument('<id>', 'the review')
      .requiredOption('--reason <text>', 'why, for the audit', checkReason)
      .action((id: string, { reason }: { reason: string }) =>
        withStore(async (store, json, { by }) => {
          showOne({ ...(await reviewsOf(store).step(by, id, step, reason)) }, json, '');
        }),
      );
}

const rowOf = ({ windowByKey }: OrgTree, review: ReviewRecord) => {
  const { id, windowKey, state, decision, detector, votes, from, to, foundAt, proposedBy } = review;
  return {
    ...{ id, window: windowByKey.get(windowKey)?.id ?? '', state, decision, detector, votes },
    ...{ from: date(from), to: date(to), found: date(foundAt), proposedBy },
  };
};

function windowsBelow(tree: OrgTree, unit: string): number[] {
  if (!tree.unitById.has(unit)) throw new OrgRefusal('unit-unknown', `there is no unit ${unit}: list them`);
  return windowKeysBelow(tree, unit);
}

function checkLimit(text: string): number {
  const limit = Number(text);
  if (!/^\d+$/.test(text) || limit < 1 || limit > 1_000)
    throw new InvalidArgumentError('a whole number from 1 to 1000');
  return limit;
}
