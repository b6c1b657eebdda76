import type { Command } from 'commander';
import { MAX_REASON_CHARS } from '../../audit/reasons.ts';
import { createUnitZoneChanges } from '../../org/unit-zone-changes.ts';
import type { Store } from '../../store/store.ts';
import { zone } from '../options.ts';
import { date, show, showOne } from '../output.ts';
import { checkText } from '../texts.ts';
import type { WithStore } from '../with-store.ts';

type Asked = {
  zone?: string;
  inherit?: true;
  from: string;
  judgeAgain?: true;
  reason: string;
  timeZone: string;
};

const changesOf = ({ org, publications }: Store, timeZone: string) =>
  createUnitZoneChanges({ store: org, publications, timeZone, now: Date.now });

/** In which time zone a unit and what is below it lies. */
export function registerZoneCommands(unit: Command, withStore: WithStore): void {
  unit
    .command('zone')
    .description(
      'another time zone for it and all below it that has none of its own, from a day on: its days, weeks, …, opening hours and the dates of its rules go by it',
    )
    .argument('<id>', 'the unit')
    .option('--zone <zone>', 'of the IANA database, e.g. Asia/Urumqi')
    .option('--inherit', 'that of the unit above, again')
    .requiredOption('--from <date>', 'the first day, YYYY-MM-DD, by the clocks of the new zone')
    .option('--judge-again', 'that day may have begun: votes since are judged again, days since are cut anew')
    .requiredOption('--reason <text>', 'why, for the audit', checkText(MAX_REASON_CHARS))
    .addOption(zone())
    .action(
      (id: string, { zone: given, inherit, judgeAgain, timeZone, ...asked }: Asked, command: Command) => {
        if ((given === undefined) === (inherit === undefined))
          command.error('error: give one of --zone and --inherit');
        return withStore(async (store, json, { by }) => {
          const set = await changesOf(store, timeZone).set(by, {
            ...{ unit: id, timeZone: given ?? null, ...asked, replays: judgeAgain === true },
          });
          const { publications, ...row } = set;
          const named = publications.map(
            ({ id: of, version, title }) => `${of} version ${version} (${title})`,
          );
          const next = set.windowsJudgedAgain > 0 ? 'How far it is: manyi rules progress' : '';
          const stay = named.length > 0 ? `\nPublished, and stays as it is: ${named.join(', ')}` : '';
          const shown = { ...row, from: date(set.from), until: date(set.until) };
          showOne(json ? { ...shown, publications } : shown, json, `${next}${stay}`);
        });
      },
    );
  unit
    .command('zones')
    .description(
      'the time zones that a unit has had of its own, oldest first; null is that of the unit above',
    )
    .argument('<id>', 'the unit')
    .addOption(zone())
    .action((id: string, { timeZone }: { timeZone: string }) =>
      withStore.reading(async (store, json) =>
        show(
          (await changesOf(store, timeZone).list(id)).map((one) => ({
            ...{ timeZone: one.timeZone, from: date(one.from) },
          })),
          json,
        ),
      ),
    );
}
