import type { Command } from 'commander';
import { MAX_REASON_CHARS } from '../../audit/reasons.ts';
import { buildTree } from '../../domain/org.ts';
import { DEFAULT_RULES, type RuleSettings } from '../../domain/verdicts/rule-settings.ts';
import type { Store } from '../../store/store.ts';
import { createRuleChanges } from '../../verdicts/rule-changes.ts';
import { type Place, withPlace, zone } from '../options.ts';
import { show, showOne } from '../output.ts';
import { checkText } from '../texts.ts';
import type { WithStore } from '../with-store.ts';
import { registerRulePreview } from './rule-preview.ts';
import { registerRuleProgress } from './rule-progress.ts';
import { readSetting } from './rule-setting.ts';

type New = Place & { from: string; to?: string; judgeAgain?: boolean; reason: string; timeZone: string };

const changesOf = ({ rules, publications, org }: Store, timeZone: string) =>
  createRuleChanges({
    ...{ store: rules, publications },
    tree: async () => buildTree(await org.units(), await org.windows(), await org.terminals()),
    timeZone,
    now: Date.now,
  });

/** By which rules a press counts for what: versions with a date, for all or for a unit or window and what is below it. */
export function registerRuleCommands(program: Command, withStore: WithStore): void {
  const rules = program.command('rules').description('by which rules a vote counts, or does not');

  rules
    .command('list')
    .description('every version, oldest first')
    .action(() =>
      withStore.reading(async (store, json) => {
        const rows = (await store.rules.versions()).map(
          ({ nodeId, settings, madeAt, validTo, ...version }) => ({
            ...{ node: nodeId, ...version, validTo },
            settings: json ? settings : JSON.stringify(settings),
            madeAt: new Date(madeAt).toISOString(),
          }),
        );
        show(rows, json);
      }),
    );
  withPlace(rules.command('show').description('the rules that hold on a day, and where each comes from'))
    .requiredOption('--on <date>', 'YYYY-MM-DD')
    .addOption(zone())
    .action(({ on, timeZone, ...where }: Place & { on: string; timeZone: string }) =>
      withStore.reading(async (store, json) => {
        const { settings, origins } = await changesOf(store, timeZone).inForce(where, on);
        const rows = Object.entries(settings).map(([rule, value]) => {
          const origin = origins[rule as keyof RuleSettings];
          return {
            rule,
            value: json ? value : JSON.stringify(value),
            from: origin === null ? 'default' : `${origin.nodeId}@${origin.version}`,
          };
        });
        show(rows, json);
      }),
    );
  withPlace(
    rules
      .command('set')
      .description('a new version of some of them, from a day on; what is not named is inherited from above')
      .argument(
        '[rule=value...]',
        `e.g. pressIntervalMs=8000; 0 turns a rule off. Rules: ${Object.keys(DEFAULT_RULES).join(', ')}; hours, holidays and workdays as JSON`,
        readSetting,
        {},
      ),
  )
    .requiredOption('--from <date>', 'the first day, YYYY-MM-DD')
    .option('--to <date>', 'the last day')
    .option('--judge-again', 'days that have begun may be among them: their votes are judged again')
    .requiredOption('--reason <text>', 'why, for the audit', checkText(MAX_REASON_CHARS))
    .addOption(zone())
    .action((settings: Partial<RuleSettings>, { from, to, judgeAgain, reason, timeZone, ...where }: New) =>
      withStore(async (store, json, { by }) => {
        const added = await changesOf(store, timeZone).add(by, {
          ...{ ...where, settings, reason, validFrom: from, validTo: to ?? null },
          replays: judgeAgain === true,
        });
        const next =
          added.windowsJudgedAgain > 0
            ? 'How far it is: manyi rules progress'
            : 'See what holds with: manyi rules show --on DATE';
        const { publications, ...row } = added;
        const named = publications.map(({ id, version, title }) => `${id} version ${version} (${title})`);
        const stay = named.length > 0 ? `\nPublished, and stays as it is: ${named.join(', ')}` : '';
        showOne(json ? { ...added } : row, json, `${next}${stay}`);
      }),
    );
  registerRulePreview(withPlace(rules.command('preview')), zone(), withStore);
  registerRuleProgress(rules, withStore);
}
