import { randomBytes } from 'node:crypto';
import { type Command, InvalidArgumentError } from 'commander';
import { ORG_ID_PATTERN, TERMINAL_ID_PATTERN } from '../../protocol/ids.ts';
import { hashSecret } from '../fleet/registry.ts';
import { show, showOne } from './output.ts';
import type { WithStore } from './with-store.ts';

/** Without 0/o, 1/l/i: an id is read out over the phone. */
const ALPHABET = '23456789abcdefghjkmnpqrstuvwxyz';
const MAX_NAME_CHARS = 80;

function newId(prefix: string): string {
  return `${prefix}-${Array.from(randomBytes(8), (byte) => ALPHABET[byte % ALPHABET.length]).join('')}`;
}

function checkName(name: string): string {
  const clean = name.normalize('NFC').trim();
  if (clean === '' || [...clean].length > MAX_NAME_CHARS || /\p{Cc}/u.test(clean))
    throw new InvalidArgumentError(`a name has 1 to ${MAX_NAME_CHARS} printable characters`);
  return clean;
}

function checkId(pattern: string): (id: string) => string {
  return (id) => {
    if (!new RegExp(pattern).test(id) || id === 'gateway')
      throw new InvalidArgumentError(`an id matches ${pattern} and is not "gateway"`);
    return id;
  };
}

export function registerOrgCommands(program: Command, withStore: WithStore): void {
  const unit = program.command('unit').description('a node of the organisation tree');
  unit
    .command('add')
    .requiredOption('--name <name>', 'its name', checkName)
    .option('--parent <id>', 'the unit above it')
    .option('--id <id>', 'an id of your choice', checkId(ORG_ID_PATTERN))
    .action(({ name, parent, id = newId('u') }: { name: string; parent?: string; id?: string }) =>
      withStore((store, json, { by, audit }) => {
        store.atomic(() => {
          audit(by, 'unit.add', `unit:${id}`, { name, parentId: parent ?? null });
          store.addUnit({ id, parentId: parent ?? null, name });
        });
        showOne({ id, name, parentId: parent ?? null }, json, '');
      }),
    );
  unit.command('list').action(() =>
    withStore((store, json) =>
      show(
        store.units().map(({ id, name, parentId }) => ({ id, name, parentId })),
        json,
      ),
    ),
  );

  const serviceWindow = program.command('window').description('a service counter under a unit');
  serviceWindow
    .command('add')
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
  serviceWindow.command('list').action(() =>
    withStore((store, json) =>
      show(
        store.windows().map(({ id, name, unitId }) => ({ id, name, unitId })),
        json,
      ),
    ),
  );

  const terminal = program.command('terminal').description('a device at a window that takes votes');
  terminal
    .command('add')
    .requiredOption('--window <id>', 'the window it stands at')
    .option('--id <id>', 'an id of your choice', checkId(TERMINAL_ID_PATTERN))
    .action(({ window: windowId, id = newId('t') }: { window: string; id?: string }) =>
      withStore((store, json) => {
        const password = randomBytes(32).toString('base64url');
        store.addTerminal({ id, windowId, secretHash: hashSecret(Buffer.from(password)) });
        showOne({ id, password, windowId }, json, 'Keep the password now: it is shown only this once.');
      }),
    );
  terminal.command('list').action(() =>
    withStore((store, json) =>
      show(
        store.terminals().map(({ id, windowId, lastSeenAt }) => ({
          id,
          windowId,
          lastSeenAt: lastSeenAt === null ? null : new Date(lastSeenAt).toISOString(),
        })),
        json,
      ),
    ),
  );
}
