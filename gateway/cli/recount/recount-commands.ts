import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { CHANNELS } from '../../../protocol/channel.ts';
import { JURISDICTIONS } from '../../domain/opening-hours/jurisdictions.ts';
import { type RecountQuestion, recount } from '../../recount/recount.ts';
import { OrgRefusal } from '../../store/failures.ts';
import { openPostgresRecount } from '../../store/postgres/recount.ts';
import type { RecountReads } from '../../store/recount.ts';
import { openSqliteRecount } from '../../store/sqlite/recount.ts';
import { databaseFile } from '../../store/sqlite/sqlite-store.ts';
import { zone } from '../options.ts';
import { show, showNote, showOne } from '../output.ts';
import { createProgress } from '../progress.ts';
import { isElsewhere, type StoreOptions } from '../with-store.ts';
import { type FigureOptions, figureOptions, settingsOf } from './figure-options.ts';
import { reportOf, tell } from './recount-report.ts';

type Options = FigureOptions & {
  unit?: string;
  window?: string;
  period: string;
  channel?: (typeof CHANNELS)[number];
  rules: RecountQuestion['rules'];
  timeZone: string;
};

const AGAIN_MS = 1_000;

/** Counts anew, by other code than the gateway's, and says whether it is the same. Only reads, also beside gateways that run. */
export function registerRecountCommands(program: Command): void {
  const command = program
    .command('recount')
    .description(
      'every figure of a unit or a window in a period anew from its stored votes, held against what is stored and served. Exit status 1 when it is not the same',
    )
    .option('--unit <id>', 'a unit, with all windows below it')
    .option('--window <id>', 'a window')
    .requiredOption(
      '--period <period>',
      '2026, 2026-Q4, 2026-11, 2026-W48, 2026-11-28, or FROM..TO of two of them, both included',
    )
    .option(
      '--rules <version>',
      'how many versions of the rules there were, as figures name it: what it would be by those, shown beside; or `stored`: the verdicts as they are stored',
      readRules,
      'now',
    )
    .addOption(new Option('--channel <channel>', 'what came by it alone').choices(CHANNELS))
    .addOption(zone());
  for (const option of figureOptions()) command.addOption(option);
  command.action(async ({ unit, window, period, channel, rules, timeZone, ...figures }: Options) => {
    if ((unit === undefined) === (window === undefined)) program.error('say one of --unit and --window');
    const place =
      unit === undefined
        ? { kind: 'window' as const, id: window ?? '' }
        : { kind: 'unit' as const, id: unit };
    const { json = false, print, ...where } = program.opts<StoreOptions & { print?: string }>();
    const reads = open(where);
    const progress = createProgress('recounting');
    try {
      const found = await recount(
        { place, period, rules, channel: channel && CHANNELS.indexOf(channel) },
        {
          ...{ reads, timeZone, now: Date.now, told: progress.show },
          noticesOf,
          pause: () => wait(AGAIN_MS),
        },
      );
      progress.end();
      if (found === null)
        throw new OrgRefusal(`${place.kind}-unknown`, `there is no ${place.kind} ${place.id}: list them`);
      const otherRules = typeof rules === 'number' ? rules : null;
      const settings = settingsOf(figures);
      const report = reportOf(found, { settings, otherRules, channel: channel ?? null });
      if (json || print !== undefined) showOne(report, json, '');
      else {
        const { rows, notes } = tell(report, found.local);
        show(rows, json);
        for (const note of notes) showNote(note);
      }
      if (!report.equal) process.exitCode = 1;
    } finally {
      progress.end();
      await reads.close();
    }
  });
}

function open({ dataDir, database }: StoreOptions): RecountReads {
  if (isElsewhere(database)) return openPostgresRecount({ address: database });
  return openSqliteRecount(databaseFile(resolve(dataDir)));
}

/** Facts, which both programs are given. */
const noticesOf = (jurisdiction: string) =>
  new Map((JURISDICTIONS[jurisdiction]?.days ?? []).map((day) => [day.date, day]));

function readRules(text: string): RecountQuestion['rules'] {
  if (text === 'stored') return text;
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('a number of versions, e.g. 3, or stored');
  return Number(text);
}
