import type { Command } from 'commander';
import { ORG_ID_PATTERN } from '../../../protocol/ids.ts';
import { createTreeChanges, MAX_NAME_CHARS } from '../../org/tree-changes.ts';
import type { OrgStore } from '../../store/org.ts';
import { checkId, newId } from '../ids.ts';
import { date, show, showOne } from '../output.ts';
import { checkText } from '../texts.ts';
import type { WithStore } from '../with-store.ts';
import { registerZoneCommands } from './zone-commands.ts';

const checkName = checkText(MAX_NAME_CHARS);
const changesOf = (store: OrgStore) => createTreeChanges({ store, now: Date.now });

export function registerOrgCommands(program: Command, withStore: WithStore): void {
  const unit = program.command('unit').description('a node of the organisation tree');
  unit
    .command('add')
    .description('adds one, and prints its id')
    .requiredOption('--name <name>', 'its name', checkName)
    .option('--parent <id>', 'the unit above it')
    .option('--id <id>', 'an id of your choice', checkId(ORG_ID_PATTERN))
    .action(({ name, parent, id = newId('u') }: { name: string; parent?: string; id?: string }) =>
      withStore.beginning(async ({ org }, json, { by }) => {
        const parentId = parent ?? null;
        await org.change(async (tx) => {
          await tx.addUnit({ id, parentId, name });
          const detail = { name, parentId };
          return tx.audited({ by, action: 'unit.add', target: { kind: 'unit', id }, detail }, undefined);
        });
        showOne({ id, name, parentId }, json, '');
      }),
    );
  unit
    .command('list')
    .description('all of them; a time zone is their own, null that of the unit above')
    .action(() =>
      withStore.reading(async ({ org }, json) => {
        const own = await org.timeZones();
        const zoneOf = (key: number) =>
          own.findLast(({ unitKey, from }) => unitKey === key && from <= Date.now())?.timeZone ?? null;
        show(
          (await org.units()).map(({ key, id, name, parentId }) => ({
            ...{ id, name, parentId, timeZone: zoneOf(key) },
          })),
          json,
        );
      }),
    );
  registerZoneCommands(unit, withStore);
  unit
    .command('move')
    .description('puts it, with all below it, under another unit from now on; its past stays where it was')
    .argument('<id>', 'the unit')
    .option('--to <id>', 'the unit above it')
    .option('--top', 'it has none above it')
    .action((id: string, { to, top }: { to?: string; top?: true }, command: Command) => {
      if ((to === undefined) === (top === undefined)) command.error('error: give one of --to and --top');
      return withStore(async ({ org }, json, { by }) => {
        const parentId = to ?? null;
        const { from } = await changesOf(org).changeUnit(by, id, { parentId });
        showOne({ id, parentId, from: date(from) }, json, '');
      });
    });
  unit
    .command('rename')
    .description('another name from now on; what it was called before is kept')
    .argument('<id>', 'the unit')
    .requiredOption('--name <name>', 'its name', checkName)
    .action((id: string, { name }: { name: string }) =>
      withStore(async ({ org }, json, { by }) => {
        const { from } = await changesOf(org).changeUnit(by, id, { name });
        showOne({ id, name, from: date(from) }, json, '');
      }),
    );

  const serviceWindow = program.command('window').description('a service counter under a unit');
  serviceWindow
    .command('add')
    .description('adds one, and prints its id')
    .requiredOption('--unit <id>', 'the unit it belongs to')
    .requiredOption('--name <name>', 'its name', checkName)
    .option('--id <id>', 'an id of your choice', checkId(ORG_ID_PATTERN))
    .action(({ unit: unitId, name, id = newId('w') }: { unit: string; name: string; id?: string }) =>
      withStore(async ({ org }, json, { by }) => {
        await org.change(async (tx) => {
          await tx.addWindow({ id, unitId, name });
          const detail = { name, unitId };
          return tx.audited({ by, action: 'window.add', target: { kind: 'window', id }, detail }, undefined);
        });
        showOne({ id, name, unitId }, json, '');
      }),
    );
  serviceWindow
    .command('list')
    .description('all of them')
    .action(() =>
      withStore.reading(async ({ org }, json) =>
        show(
          (await org.windows()).map(({ id, name, unitId }) => ({ id, name, unitId })),
          json,
        ),
      ),
    );
  serviceWindow
    .command('move')
    .description('puts it under another unit from now on; its past stays where it was')
    .argument('<id>', 'the window')
    .requiredOption('--to <id>', 'the unit it belongs to')
    .action((id: string, { to }: { to: string }) =>
      withStore(async ({ org }, json, { by }) => {
        const { from } = await changesOf(org).changeWindow(by, id, { unitId: to });
        showOne({ id, unitId: to, from: date(from) }, json, '');
      }),
    );
  serviceWindow
    .command('rename')
    .description('another name from now on; what it was called before is kept')
    .argument('<id>', 'the window')
    .requiredOption('--name <name>', 'its name', checkName)
    .action((id: string, { name }: { name: string }) =>
      withStore(async ({ org }, json, { by }) => {
        const { from } = await changesOf(org).changeWindow(by, id, { name });
        showOne({ id, name, from: date(from) }, json, '');
      }),
    );
}
