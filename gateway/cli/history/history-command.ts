/** A unit or window over time, by the code that serves it over HTTP. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { CHANNELS, type Channel } from '../../../protocol/channel.ts';
import {
  HISTORY_COMPARISONS,
  HISTORY_NAMES,
  HISTORY_STEPS,
  type History,
} from '../../../protocol/history.ts';
import { buildTree } from '../../domain/org.ts';
import type { Asked } from '../../domain/periods/asked.ts';
import { METHOD } from '../../domain/statistics/figure.ts';
import { historyCsv } from '../../scores/history-csv.ts';
import { historyNode } from '../../scores/history-node.ts';
import { readTreeThen } from '../../scores/kept-tree-then.ts';
import { createNodeHistory } from '../../scores/node-history.ts';
import { OrgRefusal } from '../../store/failures.ts';
import type { Store } from '../../store/store.ts';
import { openRuleBook } from '../../verdicts/rule-book.ts';
import { type Place, withPlace, zone } from '../options.ts';
import { showNote, showOne } from '../output.ts';
import { type FigureOptions, figureOptions, settingsOf } from '../recount/figure-options.ts';
import type { WithStore } from '../with-store.ts';
import { historyReport } from './history-report.ts';
import { HISTORY_WORDS, LANGUAGES, type Language } from './history-words.ts';

type Compared = (typeof HISTORY_COMPARISONS)[number];
type Options = Place &
  FigureOptions & {
    period: string;
    by: (typeof HISTORY_STEPS)[number];
    compare: Compared[];
    channel?: Channel;
    apart?: boolean;
    names: (typeof HISTORY_NAMES)[number];
    csv?: boolean;
    language: Language;
    timeZone: string;
  };

export function registerHistoryCommand(program: Command, withStore: WithStore): void {
  const command = withPlace(program.command('history'))
    .description(
      'a unit or window over time: each hour, day, …, their total, and what it is compared with. A unit has the votes of whatever stood below it then',
    )
    .requiredOption(
      '--period <period>',
      '2026, 2026-Q4, 2026-11, 2026-W48, 2026-11-28, 2026-11-28T09, or FROM..TO of two of them, both included',
      readPeriod,
    )
    .addOption(new Option('--by <step>', 'what it is cut into').choices(HISTORY_STEPS).default('day'))
    .option(
      '--compare <with>',
      `${HISTORY_COMPARISONS.join(', ')}, or several with commas between`,
      readCompared,
      [],
    )
    .addOption(new Option('--channel <channel>', 'what came by it alone').choices(CHANNELS))
    .option('--apart', '… or, beside the figures of all, those of each channel')
    .addOption(
      new Option(
        '--names <when>',
        'what it was called `then`, at the end of each hour, day, …, or is called `now`',
      )
        .choices(HISTORY_NAMES)
        .default('now'),
    )
    .option('--csv', 'all of it for a spreadsheet, as from the API')
    .addOption(new Option('--language <language>', 'of the table, zh or en').choices(LANGUAGES).default('en'))
    .addOption(zone());
  for (const option of figureOptions()) command.addOption(option);
  command.action((options: Options) => {
    const { unit, window, channel, apart = false, csv = false, language } = options;
    const { print, json: isJson } = program.opts<{ print?: string; json?: boolean }>();
    if ((unit === undefined) === (window === undefined)) program.error('say one of --unit and --window');
    if (channel !== undefined && apart) program.error('say one of --channel and --apart');
    if (csv && (isJson || print !== undefined)) program.error('say one of --csv, --json and --print');
    return withStore.reading(async (store, json) => {
      const found = await read(store, options);
      if (csv) for (const part of historyCsv(found)) process.stdout.write(part);
      else if (json || print !== undefined) showOne(found, json, '');
      else for (const line of historyReport(found, HISTORY_WORDS[language])) showNote(line);
    });
  });
}

/** @throws OrgRefusal `unit-unknown`, `window-unknown`; PeriodRefusal, StoreFailure */
async function read(store: Store, options: Options): Promise<History> {
  const { unit, window, period, by, compare, channel, apart, names, timeZone, ...figures } = options;
  const tree = buildTree(await store.org.units(), await store.org.windows(), []);
  const kind = unit === undefined ? 'window' : 'unit';
  const id = unit ?? window ?? '';
  const node = historyNode(tree, kind, id);
  if (node === null) throw new OrgRefusal(`${kind}-unknown`, `there is no ${kind} ${id}: list them`);
  const rules = {
    ...{ method: METHOD, ...settingsOf(figures) },
    rules: `${(await store.rules.versions()).length}`,
  };
  const { zonesOf } = await openRuleBook({ rules: store.rules, timeZone });
  const history = createNodeHistory({
    ...{ store: store.history, figures: () => rules, now: Date.now, zonesOf },
    treeThen: readTreeThen(store.org),
    // No other answer is known to be of the same data.
    dataRevision: () => `cli/${Date.now()}`,
  });
  return history.read({
    ...{ node, period: askedOf(period), by, compare, channel },
    ...{ isApart: apart ?? false, isNamedThen: names === 'then' },
  });
}

function askedOf(period: string): Asked {
  const [from = '', to] = period.split('..');
  return to === undefined ? { period } : { from, to };
}

function readPeriod(text: string): string {
  if (text.length > 64 || text.split('..').length > 2)
    throw new InvalidArgumentError('a period, e.g. 2026-Q4, or FROM..TO, e.g. 2026-11-01..2026-11-28');
  return text;
}

function readCompared(text: string): Compared[] {
  const asked = text.split(',');
  const known = HISTORY_COMPARISONS.filter((name) => asked.includes(name));
  if (known.length !== asked.length)
    throw new InvalidArgumentError(`${HISTORY_COMPARISONS.join(', ')}, or several with commas between`);
  return known;
}
