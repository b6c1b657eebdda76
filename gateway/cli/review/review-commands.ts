import { type Command, InvalidArgumentError } from 'commander';
import { MAX_REASON_CHARS } from '../../audit/reasons.ts';
import { createReview, type Review } from '../../review/review.ts';
import type { Excluded, Exclusion, HeldFilter } from '../../store/review.ts';
import type { Store } from '../../store/store.ts';
import { show, showOne } from '../output.ts';
import { checkText } from '../texts.ts';
import { checkTime } from '../values.ts';
import type { CliContext, WithStore } from '../with-store.ts';
import { registerExplainCommand } from './explain-command.ts';
import { registerImportCommand } from './import-command.ts';

const checkReason = checkText(MAX_REASON_CHARS);

type Why = { reason: string };
type Held = { terminal?: string; kind?: string; from?: number; to?: number; all?: boolean };
type Span = { from: number; to: number };
type ExcludedNames = Pick<Exclusion, 'terminalId' | 'origin' | 'originUnit' | 'windowId'>;
type Named = { terminal?: string; origin?: string; originUnit?: string; window?: string };

const SHOWN_PAYLOAD_CHARS = 80;
const date = (at: number | null) => (at === null ? null : new Date(at).toISOString());
const reviewOf = ({ review }: Store): Review => createReview({ store: review, now: Date.now });

/** What is held, what counts, and what is still expected: every decision has its reason in the audit and can be taken back. */
export function registerReviewCommands(program: Command, withStore: WithStore): void {
  registerHeld(program, withStore);
  registerVotes(program, withStore);
  registerJournals(program, withStore);
}

const group = (program: Command, name: string, description: string) =>
  program.commands.find((one) => one.name() === name) ?? program.command(name).description(description);

function filterOf({ terminal, kind, from, to }: Held): HeldFilter {
  return {
    ...(terminal !== undefined && { terminalId: terminal }),
    ...(kind !== undefined && { reason: kind }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  };
}

function registerHeld(program: Command, withStore: WithStore): void {
  const quarantine = group(program, 'quarantine', 'messages and votes set aside, with the reason');
  const which = (command: Command) =>
    command
      .option('--terminal <id>', 'only of this terminal')
      .option('--kind <code>', 'only of this kind, e.g. rate-implausible')
      .option('--from <time>', 'received from then on', checkTime)
      .option('--to <time>', 'received before then', checkTime);

  which(quarantine.command('held').description('votes that wait for a decision; without options, a summary'))
    .option('--limit <n>', 'how many, newest first', checkLimit, 50)
    .action(({ limit, ...options }: Held & { limit: number }) =>
      withStore.reading(async (store, json) => {
        const review = reviewOf(store);
        const filter = filterOf(options);
        if (Object.keys(filter).length === 0) {
          const rows = (await review.heldSummary()).map(({ firstAt, lastAt, ...row }) => ({
            ...row,
            first: date(firstAt),
            last: date(lastAt),
          }));
          return show(rows, json);
        }
        const rows = (await review.held(filter, limit)).map(
          ({ key: _, decision: __, receivedAt, payload, ...row }) => ({
            received: date(receivedAt),
            ...row,
            payload: json ? payload : payload.slice(0, SHOWN_PAYLOAD_CHARS),
          }),
        );
        show(rows, json);
      }),
    );

  const decision = (
    name: string,
    description: string,
    act: (review: Review, context: CliContext, filter: HeldFilter, reason: string) => Promise<object>,
  ) =>
    which(quarantine.command(name).description(description))
      .option('--all', 'all there is; needed when nothing else narrows it')
      .requiredOption('--reason <text>', 'why, for the audit', checkReason)
      .action((options: Held & Why) =>
        withStore(async (store, json, context) => {
          const filter = filterOf(options);
          if (Object.keys(filter).length === 0 && !options.all)
            return program.error('say which (--terminal, --kind, --from, --to), or --all');
          const result = await act(reviewOf(store), context, filter, options.reason);
          showOne({ ...result }, json, '');
        }),
      );
  decision('release', 'makes votes of what is held', (review, { by }, filter, reason) =>
    review.release(by, filter, reason),
  );
  decision(
    'dismiss',
    'leaves out what is held; it stays in quarantine',
    async (review, { by }, filter, reason) => ({
      dismissed: await review.dismiss(by, filter, reason),
    }),
  );
  decision(
    'reconsider',
    'takes dismissals back: it is held again',
    async (review, { by }, filter, reason) => ({
      held: await review.reconsider(by, filter, reason),
    }),
  );
}

function registerVotes(program: Command, withStore: WithStore): void {
  const votes = group(
    program,
    'votes',
    'stored votes: which count and why, and when they were pressed',
  ).alias('vote');
  registerExplainCommand(votes, withStore);
  const span = (command: Command) =>
    command
      .requiredOption('--from <time>', 'pressed from then on', checkTime)
      .requiredOption('--to <time>', 'pressed before then', checkTime)
      .requiredOption('--reason <text>', 'why, for the audit', checkReason);
  const inOrder = ({ from, to }: Span) => {
    if (from >= to) program.error('--from must be before --to');
  };

  span(
    votes
      .command('exclude')
      .description(
        'counts them no longer; they stay stored, and are shown beside: of a terminal, of another system, or of a window',
      )
      .option('--terminal <id>', 'of the terminal')
      .option('--origin <name>', 'of the system whose `source` link has this name')
      .option('--origin-unit <id>', 'the unit that its link is bound to, if it is')
      .option('--window <id>', 'of the window; with --origin, what the system gave there'),
  ).action((options: Span & Why & Named) =>
    withStore(async (store, json, context) => {
      inOrder(options);
      const which = excludedOf(options);
      if (which === null)
        return program.error('say one of --terminal, --origin (with --origin-unit, --window) and --window');
      const made = await reviewOf(store).exclude(context.by, which, options, options.reason);
      showOne({ ...made }, json, `Taken back with: manyi votes include --id ${made.id} --reason …`);
    }),
  );
  votes
    .command('include')
    .description('takes an exclusion back: the votes count again')
    .requiredOption('--id <id>', 'the exclusion', String)
    .requiredOption('--reason <text>', 'why, for the audit', checkReason)
    .action(({ id, reason }: Why & { id: string }) =>
      withStore(async (store, json, context) => {
        const ended = await reviewOf(store).include(context.by, id, reason);
        showOne({ id, ...namesOf(ended), from: date(ended.from), to: date(ended.to) }, json, '');
      }),
    );
  votes
    .command('exclusions')
    .description('what is excluded, by whom and why')
    .action(() =>
      withStore.reading(async (store, json) => {
        const rows = (await store.review.exclusions()).map(
          ({ id, from, to, reason, madeAt, madeBy, endedAt, ...row }) => ({
            ...{ id, ...namesOf(row), reason, madeBy },
            from: date(from),
            to: date(to),
            madeAt: date(madeAt),
            endedAt: date(endedAt),
          }),
        );
        show(rows, json);
      }),
    );
  span(
    votes
      .command('redate')
      .description('sets the press time of votes that a wrong clock has dated')
      .requiredOption('--terminal <id>', 'the terminal'),
  )
    .option('--shift <seconds>', 'so much later; negative for earlier', checkSeconds)
    .option('--claimed', 'to what the terminal said')
    .action((options: Span & Why & { terminal: string; shift?: number; claimed?: boolean }) =>
      withStore(async (store, json, context) => {
        inOrder(options);
        const { terminal, shift, claimed, reason } = options;
        if ((shift === undefined) === (claimed === undefined))
          return program.error('say one of --shift SECONDS and --claimed');
        const how = shift === undefined ? 'claimed' : shift * 1_000;
        const redated = await reviewOf(store).redate(context.by, terminal, options, how, reason);
        showOne({ redated }, json, 'What the terminal said is kept: --claimed brings it back.');
      }),
    );
}

function registerJournals(program: Command, withStore: WithStore): void {
  const journal = group(program, 'journal', "terminals' journals: what is stored, held, lost and on its way");
  registerImportCommand(journal, withStore);
  journal
    .command('list')
    .description('of a terminal, with what the gateway knows of each')
    .requiredOption('--terminal <id>', 'the terminal')
    .action(({ terminal }: { terminal: string }) =>
      withStore.reading(async ({ review }, json) => {
        const rows = (await review.journals(terminal)).map(
          ({ terminalId: _, stored, knownAt, closedAt, ...row }) => ({
            ...row,
            stored: stored.satisfied + stored.basically + stored.unsatisfied,
            heard: date(knownAt),
            closed: date(closedAt),
          }),
        );
        show(rows, json);
      }),
    );
  const decision = (
    name: string,
    description: string,
    act: (
      review: Review,
      by: CliContext['by'],
      terminal: string,
      epoch: string,
      reason: string,
    ) => Promise<object>,
  ) =>
    journal
      .command(name)
      .description(description)
      .requiredOption('--terminal <id>', 'the terminal')
      .requiredOption('--epoch <hex>', 'the journal, from `journal list`', String)
      .requiredOption('--reason <text>', 'why, for the audit', checkReason)
      .action(({ terminal, epoch, reason }: Why & { terminal: string; epoch: string }) =>
        withStore(async (store, json, context) => {
          const result = await act(reviewOf(store), context.by, terminal, epoch, reason);
          showOne({ terminal, epoch, ...result }, json, '');
        }),
      );
  decision(
    'close',
    'expects nothing more of it; what comes all the same is held',
    async (review, by, terminal, epoch, reason) => {
      await review.close(by, terminal, epoch, reason);
      return { closed: true };
    },
  );
  decision('reopen', 'takes it back', async (review, by, terminal, epoch, reason) => {
    await review.reopen(by, terminal, epoch, reason);
    return { closed: false };
  });
  decision(
    'write-off',
    'expects no longer what is lost or on its way; what comes all the same is stored',
    (review, by, terminal, epoch, reason) => review.writeOff(by, terminal, epoch, reason),
  );
  decision('expect', 'takes a write-off back', async (review, by, terminal, epoch, reason) => ({
    expected: await review.undoWriteOff(by, terminal, epoch, reason),
  }));
}

function excludedOf({ terminal, origin, originUnit, window: windowId }: Named): Excluded | null {
  if (terminal !== undefined)
    return [origin, originUnit, windowId].every((one) => one === undefined) ? { terminalId: terminal } : null;
  if (origin === undefined && (windowId === undefined || originUnit !== undefined)) return null;
  return {
    ...(origin !== undefined && { origin: { name: origin, unitId: originUnit ?? null } }),
    ...(windowId !== undefined && { windowId }),
  };
}

const namesOf = ({ terminalId, origin, originUnit, windowId }: ExcludedNames) => ({
  ...{ terminalId, origin, originUnit, windowId },
});

function checkLimit(text: string): number {
  const limit = Number(text);
  if (!/^\d+$/.test(text) || limit < 1 || limit > 10_000)
    throw new InvalidArgumentError('a whole number from 1 to 10000');
  return limit;
}

function checkSeconds(text: string): number {
  const seconds = Number(text);
  if (!/^[+-]?\d+(\.\d{1,3})?$/.test(text) || Math.abs(seconds) > 400 * 86_400)
    throw new InvalidArgumentError('seconds, at most 400 days');
  return seconds;
}
