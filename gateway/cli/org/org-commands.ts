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
    .description('all of them')
    .action(() =>
      withStore.reading(async ({ org }, json) =>
        show(
          (await org.units()).map(({ id, name, parentId }) => ({ id, name, parentId })),
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
}
