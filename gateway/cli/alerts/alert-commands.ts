import { type Command, Option } from 'commander';
import { ALERT_KINDS, ALERT_STATES, type AlertKind, type AlertState } from '../../../protocol/alert.ts';
import { openAlertBook } from '../../alerts/alert-book.ts';
import { createAlertDesk } from '../../alerts/alert-desk.ts';
import { itemOf } from '../../alerts/alert-items.ts';
import { createAnnouncer } from '../../alerts/delivery/announcer.ts';
import { MAX_REASON_CHARS } from '../../audit/reasons.ts';
import { createCalendar } from '../../domain/calendar.ts';
import type { OrgTree } from '../../domain/org.ts';
import { zoneAt } from '../../domain/unit-zones.ts';
import { createZonedTime } from '../../domain/zoned-time.ts';
import { newId } from '../../people/secrets.ts';
import { openPrivacyBook } from '../../privacy/privacy-book.ts';
import { readTreeThen } from '../../scores/kept-tree-then.ts';
import type { AlertRecord } from '../../store/alerts.ts';
import type { Store } from '../../store/store.ts';
import { openRuleBook } from '../../verdicts/rule-book.ts';
import { unitKeysBelow } from '../../verdicts/rule-places.ts';
import { DEFAULT_ZONE, zone } from '../options.ts';
import { date, show, showOne } from '../output.ts';
import { checkText } from '../texts.ts';
import type { WithStore } from '../with-store.ts';
import { registerAlertRuleCommands } from './alert-rule-commands.ts';
import { registerTargetCommands } from './target-commands.ts';
import { treeOf } from './tree-of.ts';

type ListOptions = { state?: AlertState | 'all'; kind?: AlertKind; unit?: string; limit: number };

const now = Date.now;

/** By the rules and the tree of now; the gateway sends what is to be told. */
async function deskOf(store: Store, timeZone = DEFAULT_ZONE) {
  const { alerts } = store;
  const tree = await treeOf(store);
  const book = await openAlertBook({
    ...{ store: alerts, tree: () => tree, now, calendar: createCalendar(timeZone) },
  });
  const rules = await openRuleBook({ rules: store.rules, timeZone });
  const stood = { treeThen: readTreeThen(store.org), now };
  const privacy = await openPrivacyBook(store.privacy, () => tree, stood);
  const told = createAnnouncer({
    ...{ tree: () => tree, book, now, dropped: () => {} },
    zonedOf({ unitId }) {
      const key = tree.unitById.get(unitId)?.key;
      const zone = key === undefined ? timeZone : zoneAt(rules.zonesOf({ kind: 'unit', key }), now());
      return createZonedTime(zone);
    },
    holdsBack: privacy.holdsBack,
    newId: () => newId('ad'),
  });
  return createAlertDesk({ store: alerts, now, told });
}

/** What somebody should look at, and what people have done about it. */
export function registerAlertCommands(program: Command, withStore: WithStore): void {
  const alerts = program.command('alerts').description('what somebody should look at, and by which rules');
  const rowOf = (tree: OrgTree, alert: AlertRecord, json: boolean) => {
    const { id, kind, node, name, state, begin, last, times, end, acknowledgedBy, closedBy, ...more } =
      itemOf(tree, alert);
    if (json)
      return { ...more, id, kind, node, name, state, begin, last, times, end, acknowledgedBy, closedBy };
    return {
      ...{ id, kind, node, name, state, times },
      ...{ begin: date(begin), last: date(last), end: date(end) },
      ...{ acknowledgedBy, closedBy },
    };
  };

  alerts
    .command('list')
    .description('the newest that have not ended, or those of a state')
    .addOption(
      new Option('--state <state>', 'open, acknowledged, closed, all').choices([...ALERT_STATES, 'all']),
    )
    .addOption(new Option('--kind <kind>', 'of this kind').choices(ALERT_KINDS))
    .option('--unit <id>', 'of this unit and what is below it')
    .option('--limit <n>', 'how many, newest first', Number, 100)
    .action(({ state, kind, unit, limit }: ListOptions) =>
      withStore.reading(async (store, json) => {
        const tree = await treeOf(store);
        const states: readonly AlertState[] =
          state === undefined ? ['open', 'acknowledged'] : [state as AlertState];
        const found = await store.alerts.list(
          {
            ...(state !== 'all' && { states }),
            ...(kind !== undefined && { kinds: [kind] }),
            ...(unit !== undefined && { unitKeys: unitKeysBelow(tree, unit) }),
          },
          Math.min(10_000, Math.max(1, Math.trunc(limit) || 1)),
        );
        show(
          found.map((alert) => rowOf(tree, alert, json)),
          json,
        );
      }),
    );
  alerts
    .command('show')
    .description('one alert, and what people have said of it')
    .argument('<id>')
    .action((id: string) =>
      withStore.reading(async (store, json) => {
        const { alert, comments } = await (await deskOf(store)).alert(id);
        const item = itemOf(await treeOf(store), alert);
        if (json) return showOne({ ...item, comments }, json, '');
        const said = comments.map(({ at, by, text }) => `${date(at)} ${by}: ${text}`).join('\n');
        const detail = JSON.stringify(item.detail);
        return showOne(
          { ...item, detail, begin: date(item.begin), last: date(item.last), end: date(item.end) },
          json,
          said,
        );
      }),
    );
  alerts
    .command('acknowledge')
    .description('somebody sees to it')
    .argument('<id>')
    .option('--comment <text>', 'what is done', checkText(MAX_REASON_CHARS))
    .action((id: string, { comment }: { comment?: string }) =>
      withStore(async (store, json, { by }) => {
        const alert = await (await deskOf(store)).acknowledge(by, id, comment ?? null);
        showOne(rowOf(await treeOf(store), alert, json), json, '');
      }),
    );
  alerts
    .command('close')
    .description('it is settled; the same cause opens another one when it has come about anew')
    .argument('<id>')
    .requiredOption('--reason <text>', 'why', checkText(MAX_REASON_CHARS))
    .addOption(zone())
    .action((id: string, { reason, timeZone }: { reason: string; timeZone: string }) =>
      withStore(async (store, json, { by }) => {
        const alert = await (await deskOf(store, timeZone)).close(by, id, reason);
        showOne(rowOf(await treeOf(store), alert, json), json, '');
      }),
    );
  alerts
    .command('comment')
    .description('says something of it, also when it is closed')
    .argument('<id>')
    .requiredOption('--text <text>', 'what', checkText(MAX_REASON_CHARS))
    .action((id: string, { text }: { text: string }) =>
      withStore(async (store, json, { by }) => {
        await (await deskOf(store)).comment(by, id, text);
        showOne({ id, text }, json, '');
      }),
    );
  registerAlertRuleCommands(alerts, withStore);
  registerTargetCommands(alerts, withStore);
}
