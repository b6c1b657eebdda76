/** How what unit managers and screens of a unit see is held back: for all, or for a unit or window and what is below it. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { MAX_REASON_CHARS } from '../../audit/reasons.ts';
import { buildTree } from '../../domain/org.ts';
import type { PrivacySettings } from '../../domain/privacy/settings.ts';
import { createPrivacyChanges } from '../../privacy/privacy-changes.ts';
import type { Store } from '../../store/store.ts';
import { type Place, withPlace } from '../options.ts';
import { show, showOne } from '../output.ts';
import { checkText } from '../texts.ts';
import type { WithStore } from '../with-store.ts';

type New = Place & { on?: boolean; off?: boolean; every?: number; least?: number; reason: string };

const changesOf = ({ privacy, org }: Store) =>
  createPrivacyChanges({
    store: privacy,
    tree: async () => buildTree(await org.units(), await org.windows(), await org.terminals()),
    now: Date.now,
  });

export function registerPrivacyCommands(program: Command, withStore: WithStore): void {
  const privacy = program
    .command('privacy')
    .description('what unit managers and screens of a unit are shown, and when');

  privacy
    .command('list')
    .description('where it is set')
    .action(() =>
      withStore.reading(async (store, json) => {
        const rows = (await store.privacy.nodes()).map(({ nodeId, settings, madeAt, ...node }) => ({
          node: nodeId,
          settings: json ? settings : JSON.stringify(settings),
          ...node,
          madeAt: new Date(madeAt).toISOString(),
        }));
        show(rows, json);
      }),
    );
  withPlace(privacy.command('show').description('the settings that hold')).action((where: Place) =>
    withStore.reading(async (store, json) => {
      showOne({ ...(await changesOf(store).inForce(where)) }, json, 'Set it with: manyi privacy set');
    }),
  );
  withPlace(
    privacy
      .command('set')
      .description('what is not named is inherited from above; takes the place of all set there'),
  )
    .addOption(new Option('--on', 'what is shown moves on in steps').conflicts('off'))
    .option('--off', 'votes are shown as they come')
    .option('--every <minutes>', 'a step so often: a divisor of a day, from 5 on', readCount)
    .option('--least <votes>', 'so many votes of a window at once: 3 to 100', readCount)
    .requiredOption('--reason <text>', 'why, for the audit', checkText(MAX_REASON_CHARS))
    .action(({ on, off, every, least, reason, ...where }: New) =>
      withStore(async (store, json, { by }) => {
        const settings: Partial<PrivacySettings> = {
          ...((on || off) && { isOn: on === true }),
          ...(every !== undefined && { stepMinutes: every }),
          ...(least !== undefined && { leastVotes: least }),
        };
        const set = await changesOf(store).set(by, { ...where, settings, reason });
        showOne({ ...set }, json, 'See what holds with: manyi privacy show');
      }),
    );
}

/** @throws InvalidArgumentError; which numbers are good is checked with the settings. */
function readCount(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError('a number');
  return Number(text);
}
