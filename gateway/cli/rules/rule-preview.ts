/** What other rules would make of days that have passed: for whom, and by how much. */
import type { Command, Option } from 'commander';
import { buildTree } from '../../domain/org.ts';
import { votesIn } from '../../domain/tally.ts';
import type { RuleSettings } from '../../domain/verdicts/rule-settings.ts';
import { createRulePreviews, type PreviewFigures } from '../../verdicts/rule-preview.ts';
import { show, showNote } from '../output.ts';
import { createProgress } from '../progress.ts';
import type { WithStore } from '../with-store.ts';
import { readSetting } from './rule-setting.ts';

type Asked = { unit?: string; window?: string; from: string; to: string; timeZone: string };

/** @param preview takes a unit or a window */
export function registerRulePreview(preview: Command, zone: Option, withStore: WithStore): void {
  preview
    .description('what some rules would have made of the votes of some days; nothing is changed')
    .argument('[rule=value...]', 'as for set', readSetting, {})
    .requiredOption('--from <date>', 'the first day, YYYY-MM-DD')
    .requiredOption('--to <date>', 'the last day')
    .addOption(zone)
    .action((settings: Partial<RuleSettings>, { timeZone, ...asked }: Asked) =>
      withStore.reading(async ({ rules, publications, verdicts, review, org }, json) => {
        const previews = createRulePreviews({
          ...{ rules, publications, verdicts, exclusions: review.exclusions, timeZone },
          tree: async () => buildTree(await org.units(), await org.windows(), await org.terminals()),
        });
        const progress = createProgress('judging');
        const found = await previews
          .preview({ ...asked, settings }, progress.show)
          .finally(() => progress.end());
        if (json) return show([{ ...found }], json);
        const { rows, votes, windows } = found;
        show(
          [{ kind: 'all', id: found.node, name: '', ...found }, ...rows].map(
            ({ kind, id, name, ...row }) => ({
              ...{ kind, id, name },
              ...shown(row),
            }),
          ),
          json,
        );
        for (const { id, version, title } of found.publications)
          showNote(`published, and would stay as it is: ${id} version ${version} (${title})`);
        showNote(`${votes} votes of ${windows} windows; those that people have excluded are left out`);
      }),
    );
}

const percent = (rate: number | null) =>
  rate === null ? '–' : `${(Math.floor(rate * 10_000) / 100).toFixed(2)} %`;

const shown = ({ changed, before, after }: PreviewFigures) => ({
  changed,
  'counted before': votesIn(before.counts),
  'counted after': votesIn(after.counts),
  'rate before': percent(before.rate),
  'rate after': percent(after.rate),
  'not counted after': Object.entries(after.reasons)
    .map(([reason, votes]) => `${reason} ${votes}`)
    .join(', '),
});
