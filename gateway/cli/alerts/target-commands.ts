import { type Command, Option } from 'commander';
import { ALERT_KINDS, type AlertKind } from '../../../protocol/alert.ts';
import { createTargetDesk } from '../../alerts/delivery/target-desk.ts';
import { MAX_REASON_CHARS } from '../../audit/reasons.ts';
import { newId } from '../../people/secrets.ts';
import { openPrivacyBook } from '../../privacy/privacy-book.ts';
import { readTreeThen } from '../../scores/kept-tree-then.ts';
import type { AlertTarget } from '../../store/alert-targets.ts';
import { openSecretSeal } from '../../store/secret-seal.ts';
import type { Store } from '../../store/store.ts';
import { date, show, showOne } from '../output.ts';
import { checkText } from '../texts.ts';
import type { WithStore } from '../with-store.ts';
import { treeOf } from './tree-of.ts';

type New = { name: string; unit?: string; kinds?: AlertKind[]; language: 'zh' | 'en' };

const deskOf = async ({
  alertTargets,
  keys,
  org,
  privacy,
}: Pick<Store, 'alertTargets' | 'keys' | 'org' | 'privacy'>) => {
  const tree = await treeOf({ org });
  const { holdsBack } = await openPrivacyBook(privacy, () => tree, {
    ...{ treeThen: readTreeThen(org), now: Date.now },
  });
  return createTargetDesk({
    ...{ store: alertTargets, seal: openSecretSeal(keys), holdsBack, now: Date.now, newId },
    // By which server, and to which addresses, the gateway knows.
    canMail: true,
  });
};

const rowOf = ({ id, channel, name, address, unitId, kinds, failures }: AlertTarget) => ({
  ...{ id, channel, name, address, unit: unitId, failures },
  kinds: kinds === null ? 'all but single votes' : kinds.join(' '),
});

/** Who is told of alerts. */
export function registerTargetCommands(alerts: Command, withStore: WithStore): void {
  const targets = alerts.command('targets').description('who is told of alerts');
  targets
    .command('list')
    .description('webhooks and mail')
    .action(() =>
      withStore.reading(async (store, json) => show((await store.alertTargets.targets()).map(rowOf), json)),
    );
  targets
    .command('add')
    .description('signed JSON to an address that begins with https://, or mail to somebody')
    .argument('<address>', 'https://…, or name@example.org')
    .requiredOption('--name <text>', 'what people call it', checkText(MAX_REASON_CHARS))
    .option('--unit <id>', 'of this unit and what is below it; all if it is left out')
    .addOption(new Option('--kinds <kinds...>', 'of these kinds').choices(ALERT_KINDS))
    .addOption(new Option('--language <language>', 'of whoever gets it').choices(['zh', 'en']).default('zh'))
    .action((address: string, { name, unit, kinds, language }: New) =>
      withStore(async (store, json, { by }) => {
        const channel = !address.includes('://') && address.includes('@') ? 'email' : 'webhook';
        const asked = {
          channel,
          name,
          address,
          unitId: unit ?? null,
          kinds: kinds ?? null,
          language,
        } as const;
        const { target, secret } = await (await deskOf(store)).add(by, asked);
        if (secret === null)
          return showOne(rowOf(target), json, `Try it with: manyi alerts targets test ${target.id}`);
        const note = 'The secret is told only now: whoever gets the webhook checks it.';
        showOne({ ...rowOf(target), secret }, json, note);
      }),
    );
  targets
    .command('remove')
    .description('is told no more; what waits for it is dropped')
    .argument('<id>')
    .action((id: string) =>
      withStore(async (store, json, { by }) => {
        await (await deskOf(store)).remove(by, id);
        showOne({ id }, json, '');
      }),
    );
  targets
    .command('renew-secret')
    .description('another secret of a webhook, from now on')
    .argument('<id>')
    .action((id: string) =>
      withStore(async (store, json, { by }) => {
        showOne({ id, ...(await (await deskOf(store)).renewSecret(by, id)) }, json, 'It is told only now.');
      }),
    );
  targets
    .command('test')
    .description('sends something that is no alert')
    .argument('<id>')
    .action((id: string) =>
      withStore(async (store, json, { by }) => {
        const tested = await (await deskOf(store)).test(by, id);
        showOne({ ...tested }, json, 'See what becomes of it with: manyi alerts targets deliveries');
      }),
    );
  targets
    .command('deliveries')
    .description('what was sent, what waits, and what could not be told; newest first')
    .argument('[id]', 'of one target')
    .action((id: string | undefined) =>
      withStore.reading(async (store, json) => {
        const found = await (await deskOf(store)).deliveries(100, id);
        show(
          found.map(({ id: delivery, event, state, attempts, code, note, madeAt, dueAt, doneAt }) => ({
            ...{ delivery, event, state, attempts, code, note },
            ...{ madeAt: date(madeAt), dueAt: date(dueAt), doneAt: date(doneAt) },
          })),
          json,
        );
      }),
    );
}
