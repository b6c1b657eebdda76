import { type Command, InvalidArgumentError, Option } from 'commander';
import { Compile } from 'typebox/compile';
import { SomeAlertSettings } from '../../../protocol/alert.ts';
import { createAlertRules } from '../../alerts/alert-rules.ts';
import { recentVotesOf } from '../../alerts/recent-votes.ts';
import { MAX_REASON_CHARS } from '../../audit/reasons.ts';
import { DEFAULT_ALERTS } from '../../domain/alerts/alert-settings.ts';
import { createCalendar } from '../../domain/calendar.ts';
import { readTreeThen } from '../../scores/kept-tree-then.ts';
import { readScoreBooks } from '../../scores/score-history.ts';
import type { Store } from '../../store/store.ts';
import { type Place, withPlace, zone } from '../options.ts';
import { show, showOne } from '../output.ts';
import { checkText } from '../texts.ts';
import type { WithStore } from '../with-store.ts';
import { treeOf } from './tree-of.ts';

type New = Place & { from?: string; to?: string; reason: string; timeZone: string };
type Asked = Place & {
  usual: number;
  watched: number;
  height?: number;
  alarmsADay?: number;
  timeZone: string;
};

function rulesOf(store: Store, timeZone: string) {
  const calendar = createCalendar(timeZone);
  const now = Date.now;
  const history = { calendar, treeThen: readTreeThen(store.org) };
  return createAlertRules({
    ...{ store: store.alerts, calendar, now, tree: () => treeOf(store) },
    recentVotes: recentVotesOf(
      async () => (await readScoreBooks({ ...history, scores: store.scores }, now())).counted,
      now,
    ),
  });
}

/** By which rules alerts are opened. */
export function registerAlertRuleCommands(alerts: Command, withStore: WithStore): void {
  const rules = alerts.command('rules').description('by which rules alerts are opened');

  rules
    .command('list')
    .description('every version, oldest first')
    .action(() =>
      withStore.reading(async (store, json) => {
        const rows = (await store.alerts.ruleVersions()).map(({ nodeId, settings, madeAt, ...version }) => ({
          ...{ node: nodeId, ...version },
          settings: json ? settings : JSON.stringify(settings),
          madeAt: new Date(madeAt).toISOString(),
        }));
        show(rows, json);
      }),
    );
  withPlace(rules.command('show').description('the rules that hold today, and where each comes from'))
    .addOption(zone())
    .action(({ timeZone, ...where }: Place & { timeZone: string }) =>
      withStore.reading(async (store, json) => {
        const { settings, origins } = await rulesOf(store, timeZone).inForce(where);
        const rows = Object.entries(settings).map(([kind, rule]) => {
          const origin = origins[kind as keyof typeof origins];
          return {
            kind,
            rule: json ? rule : JSON.stringify(rule),
            from: origin === null ? 'default' : `${origin.nodeId}@${origin.version}`,
          };
        });
        show(rows, json);
      }),
    );
  withPlace(
    rules
      .command('set')
      .description('a new version of some of them; a kind that is not named is inherited from above')
      .argument(
        '<kind=json...>',
        `e.g. unsatisfied='{"closesAfterMinutes":60,"isUrgent":false}'; null turns a kind off. Kinds: ${Object.keys(DEFAULT_ALERTS).join(', ')}`,
        readSetting,
        {},
      ),
  )
    .option('--from <date>', 'the first day, YYYY-MM-DD; today if it is left out')
    .option('--to <date>', 'the last day')
    .requiredOption('--reason <text>', 'why, for the audit', checkText(MAX_REASON_CHARS))
    .addOption(zone())
    .action((settings: SomeAlertSettings, { from, to, reason, timeZone, ...where }: New) =>
      withStore(async (store, json, { by }) => {
        const added = await rulesOf(store, timeZone).add(by, {
          ...{ ...where, settings, reason, validFrom: from ?? null, validTo: to ?? null },
        });
        showOne({ ...added }, json, 'See what holds with: manyi alerts rules show');
      }),
    );
  withPlace(
    rules
      .command('preview')
      .description(
        'false alarms a day of a rule for rising shares in this tree, or the height for a wanted number',
      ),
  )
    .requiredOption('--usual <share>', 'share of unsatisfied votes that is usual, e.g. 0.05', Number)
    .requiredOption('--watched <share>', 'share to watch for, e.g. 0.15', Number)
    .addOption(new Option('--height <n>', 'where the alarm is').argParser(Number).conflicts('alarmsADay'))
    .option('--alarms-a-day <n>', 'how many false ones are wanted, at most', Number)
    .addOption(zone())
    .action(({ height, alarmsADay, timeZone, ...asked }: Asked) =>
      withStore.reading(async (store, json) => {
        const wanted = height === undefined ? { alarmsADay: alarmsADay ?? 1 } : { height };
        showOne({ ...(await rulesOf(store, timeZone).preview({ ...asked, ...wanted })) }, json, '');
      }),
    );
}

const schema = Compile(SomeAlertSettings);

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @throws InvalidArgumentError; whether values are within their bounds is checked with all of them. */
function readSetting(text: string, before: SomeAlertSettings): SomeAlertSettings {
  const [kind = '', ...rest] = text.split('=');
  const rule = readJson(rest.join('='));
  const settings = { [kind]: rule };
  if (!Object.hasOwn(DEFAULT_ALERTS, kind) || rule === undefined || !schema.Check(settings))
    throw new InvalidArgumentError(
      `kind=JSON, as \`manyi --json alerts rules show\` shows it, with one of ${Object.keys(DEFAULT_ALERTS).join(', ')}`,
    );
  if (Object.hasOwn(before, kind))
    throw new InvalidArgumentError(`${kind} is there twice: leave one of them out`);
  return { ...before, ...settings };
}
