import type { Command } from 'commander';
import { ORG_ID_PATTERN } from '../../../protocol/ids.ts';
import { checkId, newId } from '../ids.ts';
import { show, showOne } from '../output.ts';
import { checkText } from '../texts.ts';
import type { WithStore } from '../with-store.ts';

const checkName = checkText(80);

export function registerOrgCommands(program: Command, withStore: WithStore): void {
  const unit = program.command('unit').description('a node of the organisation tree');
  unit
    .command('add')
    .description('adds one, and prints its id')
    .requiredOption('--name <name>', 'its name', checkName)
    .option('--parent <id>', 'the unit above it')
    .option('--id <id>', 'an id of your choice', checkId(ORG_ID_PATTERN))
    .action(({ name, parent, id = newId('u') }: { name: string; parent?: string; id?: string }) =>
      withStore.beginning((store, json, { by, audit }) => {
        store.atomic(() => {
          audit(by, 'unit.add', `unit:${id}`, { name, parentId: parent ?? null });
          store.addUnit({ id, parentId: parent ?? null, name });
        });
        showOne({ id, name, parentId: parent ?? null }, json, '');
      }),
    );
  unit
    .command('list')
    .description('all of them')
    .action(() =>
      withStore.reading((store, json) =>
        show(
          store.units().map(({ id, name, parentId }) => ({ id, name, parentId })),
          json,
        ),
      ),
    );

  const serviceWindow = program.command('window').description('a service counter under a unit');
  serviceWindow
    .command('add')
    .description('adds one, and prints its id')
    .requiredOption('--unit <id>', 'the unit it belongs to')
    .requiredOption('--name <name>', 'its name', checkName)
    .option('--id <id>', 'an id of your choice', checkId(ORG_ID_PATTERN))
    .action(({ unit: unitId, name, id = newId('w') }: { unit: string; name: string; id?: string }) =>
      withStore((store, json, { by, audit }) => {
        store.atomic(() => {
          audit(by, 'window.add', `window:${id}`, { name, unitId });
          store.addWindow({ id, unitId, name });
        });
        showOne({ id, name, unitId }, json, '');
      }),
    );
  serviceWindow
    .command('list')
    .description('all of them')
    .action(() =>
      withStore.reading((store, json) =>
        show(
          store.windows().map(({ id, name, unitId }) => ({ id, name, unitId })),
          json,
        ),
      ),
    );
}
