/** Figures as they were published. */
import { type Command, InvalidArgumentError } from 'commander';
import { MAX_REASON_CHARS } from '../../audit/reasons.ts';
import { buildTree } from '../../domain/org.ts';
import { METHOD } from '../../domain/statistics/figure.ts';
import { createTreeThen } from '../../domain/tree-then.ts';
import { createPublications, type ListedPublication } from '../../publications/publications.ts';
import { OrgRefusal } from '../../store/failures.ts';
import type { Store } from '../../store/store.ts';
import { openRuleBook } from '../../verdicts/rule-book.ts';
import { type Place, withPlace, zone } from '../options.ts';
import { date, show, showOne } from '../output.ts';
import { type FigureOptions, figureOptions, settingsOf } from '../recount/figure-options.ts';
import { checkText } from '../texts.ts';
import type { WithStore } from '../with-store.ts';

type Figured = FigureOptions & { timeZone: string };
type Why = { reason: string };

const checkReason = checkText(MAX_REASON_CHARS);

const publicationsOf = (store: Store, { timeZone, ...options }: Figured) => {
  const { weights, target, minimum, confidence } = settingsOf(options);
  let book: ReturnType<typeof openRuleBook> | undefined;
  const opened = () => (book ??= openRuleBook({ rules: store.rules, timeZone }));
  return createPublications({
    ...{ store: store.publications, history: store.history, rules: store.rules, now: Date.now },
    figures: () => ({ method: METHOD, weights, target, minimum, confidence }),
    ...{ privacy: store.privacy, timeZone },
    zonesOf: async (node) => (await opened()).zonesOf(node),
    treeThen: async () => createTreeThen(await store.org.versions()),
    tree: async () =>
      buildTree(await store.org.units(), await store.org.windows(), await store.org.terminals()),
  });
};

const withFigures = (command: Command): Command => {
  for (const option of [...figureOptions(), zone()]) command.addOption(option);
  return command;
};

export function registerPublicationCommands(program: Command, withStore: WithStore): void {
  withFigures(withPlace(program.command('publish')))
    .description('freezes the figures of a unit or window and of its windows, over a period that has ended')
    .requiredOption('--period <name>', '2026, 2026-Q3, 2026-10, 2026-W43 or 2026-10-31')
    .requiredOption('--title <text>', 'what it is called', checkReason)
    .requiredOption('--reason <text>', 'why, for the audit', checkReason)
    .action(({ unit, window, period, title, reason, ...options }: Place & Figured & Why & New) =>
      withStore(async (store, json, { by }) => {
        if ((unit === undefined) === (window === undefined))
          throw new OrgRefusal('unit-unknown', 'give --unit or --window, and one of them');
        const made = await publicationsOf(store, options).publish(by, {
          ...{ unit, window, period: { period }, title, reason },
        });
        showOne(row(made), json, `Looked at with: manyi publications show ${made.id}`);
      }),
    );

  const publications = program.command('publications').description('figures as they were published');
  withFigures(publications.command('list').description('what was published, newest first')).action(
    (options: Figured) =>
      withStore.reading(async (store, json) => {
        const all = await publicationsOf(store, options).list();
        show(json ? all : all.map(row), json);
      }),
  );
  withFigures(publications.command('show').argument('<id>'))
    .description('what was published, and what it is today')
    .option('--of-version <n>', 'this version instead of the latest', checkVersion)
    .action((id: string, { ofVersion, ...options }: Figured & { ofVersion?: number }) =>
      withStore.reading(async (store, json) => {
        const found = await publicationsOf(store, options).show(id, ofVersion);
        if (json) return show([{ ...found }], json);
        const { body, today, isIntact } = found;
        const told = { ...row(found), rate: percent(body.total.rate), votes: body.total.votes, isIntact };
        showOne(told, json, today === null ? 'The place is there no more.' : saidOf(today));
      }),
    );
  withFigures(publications.command('correct').argument('<id>'))
    .description('publishes the same place and period as they are now, as the next version')
    .requiredOption('--reason <text>', 'what was wrong, for the audit', checkReason)
    .action((id: string, { reason, ...options }: Figured & Why) =>
      withStore(async (store, json, { by }) =>
        showOne(row(await publicationsOf(store, options).correct(by, id, reason)), json, ''),
      ),
    );
  withFigures(
    publications.command('withdraw').argument('<id>').argument('<version>', 'a version', checkVersion),
  )
    .description('it stays to be seen, with the reason')
    .requiredOption('--reason <text>', 'why, for the audit', checkReason)
    .action((id: string, version: number, { reason, ...options }: Figured & Why) =>
      withStore(async (store, json, { by }) =>
        showOne({ ...(await publicationsOf(store, options).withdraw(by, id, version, reason)) }, json, ''),
      ),
    );
}

type New = { period: string; title: string };
type Today = NonNullable<Awaited<ReturnType<ReturnType<typeof publicationsOf>['show']>>['today']>;

const percent = (rate: number | null) =>
  rate === null ? '–' : `${(Math.floor(rate * 10_000) / 100).toFixed(2)} %`;

function saidOf({ differs, total, windowsDiffering, causes, rules }: Today): string {
  if (!differs) return 'Today it is the same.';
  const moved = total
    ? `published ${percent(total.published.rate)}, today ${percent(total.today.rate)}`
    : 'the total is the same';
  const versions = rules.map(
    ({ node, version, madeAt, reason }) => `${node}@${version} of ${date(madeAt)} (${reason})`,
  );
  const because = [causes.join(', '), ...versions].join('; ');
  return `Today it differs: ${moved}; ${windowsDiffering} windows differ; because of ${because}.`;
}

const row = ({
  id,
  version,
  title,
  node,
  period,
  madeAt,
  madeBy,
  corrects,
  sha256,
  withdrawal,
}: ListedPublication) => ({
  ...{ id, version, title, of: `${node.kind}:${node.id}`, period: period.name, madeAt: date(madeAt), madeBy },
  ...{ corrects, sha256, withdrawn: withdrawal ? `${date(withdrawal.at)}: ${withdrawal.reason}` : null },
});

function checkVersion(text: string): number {
  const version = Number(text);
  if (!/^\d{1,5}$/.test(text) || version < 1 || version > 10_000)
    throw new InvalidArgumentError('a whole number from 1 to 10000');
  return version;
}
