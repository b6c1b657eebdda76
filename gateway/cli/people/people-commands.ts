/** Accounts, their sessions, and links, for whoever may use the machine: also the way back in when nobody can sign in. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { ROLES, type Role } from '../../../protocol/session.ts';
import { writeActor } from '../../domain/actor.ts';
import { LINK_DAYS } from '../../domain/links.ts';
import { LINK_KINDS, type LinkKind } from '../../domain/roles.ts';
import type { AccountEdit } from '../../people/accounts.ts';
import type { ListedLink } from '../../people/link-tokens.ts';
import { createPeople, type People } from '../../people/people.ts';
import type { AccountRecord } from '../../store/people.ts';
import { show, showOne, date as time } from '../output.ts';
import type { CliContext, StoreAct, WithStore } from '../with-store.ts';

type Act = (people: People, context: CliContext) => void | Promise<void>;
type WithPeople = {
  (act: Act): Promise<void>;
  beginning(act: Act): Promise<void>;
  reading(act: Act): Promise<void>;
};

const ONE_TIME =
  'Keep the password now: it is shown only this once, and must be changed at the first sign-in.';
const TOKEN = 'Keep the token now: it is shown only this once.';

export function registerPeopleCommands(program: Command, withStore: WithStore): void {
  /** Which sessions are too old is the running gateway's to say: here, those are open that it has not ended. */
  const limits = { absoluteMs: Number.POSITIVE_INFINITY, idleMs: Number.POSITIVE_INFINITY };
  const on =
    (act: Act): StoreAct =>
    async ({ people: store }, _json, context) =>
      act(await createPeople({ store, now: Date.now, monotonic: () => performance.now(), limits }), context);
  const withPeople: WithPeople = Object.assign((act: Act) => withStore(on(act)), {
    beginning: (act: Act) => withStore.beginning(on(act)),
    reading: (act: Act) => withStore.reading(on(act)),
  });
  registerAccounts(program, withPeople);
  registerSessions(program, withPeople);
  registerLinks(program, withPeople);
}

function accountRow({ name, displayName, role, unitId, mustChangePassword, disabledAt }: AccountRecord) {
  return { name, displayName, role, unitId, mustChangePassword, disabledAt: time(disabledAt) };
}

function checkSwitch(text: string): boolean {
  if (text !== 'yes' && text !== 'no') throw new InvalidArgumentError('yes or no');
  return text === 'yes';
}

function registerAccounts(program: Command, withPeople: WithPeople): void {
  const role = () => new Option('--role <role>', 'what it may do').choices(ROLES);
  const account = program.command('account').description('somebody who signs in');
  account
    .command('add')
    .description('adds one, and prints its one-time password, once')
    .argument('<name>', 'the name to sign in with')
    .addOption(role().makeOptionMandatory())
    .option('--display-name <name>', 'the name that is shown')
    .option('--unit <id>', 'the unit of a unit-manager')
    .action((name: string, options: { role: Role; displayName?: string; unit?: string }) =>
      withPeople.beginning(async ({ accounts }, { json, by }) => {
        const { displayName = name, unit = null } = options;
        const added = await accounts.add(by, { name, displayName, role: options.role, unitId: unit });
        showOne({ ...accountRow(added.account), oneTimePassword: added.oneTimePassword }, json, ONE_TIME);
      }),
    );
  account
    .command('list')
    .description('all of them')
    .action(() =>
      withPeople.reading(async ({ accounts }, { json }) =>
        show((await accounts.list()).map(accountRow), json),
      ),
    );
  account
    .command('set')
    .description('changes what is named; when it is more than the name that is shown, its sessions end')
    .argument('<name>', 'of the account')
    .addOption(role())
    .option('--display-name <name>', 'the name that is shown')
    .option('--unit <id>', 'the unit of a unit-manager')
    .option('--enabled <yes|no>', 'whether it may sign in', checkSwitch)
    .action(
      (name: string, options: { role?: Role; displayName?: string; unit?: string; enabled?: boolean }) =>
        withPeople(async ({ accounts }, { json, by }) => {
          const { displayName, unit, enabled } = options;
          const edit: AccountEdit = { role: options.role, displayName, unitId: unit };
          if (enabled !== undefined) edit.disabled = !enabled;
          showOne(accountRow(await accounts.change(by, name, edit)), json, '');
        }),
    );
  account
    .command('disable')
    .description('it can sign in no more, and its sessions end; `account set --enabled yes` undoes it')
    .argument('<name>', 'of the account')
    .action((name: string) =>
      withPeople(async ({ accounts }, { json, by }) =>
        showOne(accountRow(await accounts.change(by, name, { disabled: true })), json, ''),
      ),
    );
  account
    .command('password')
    .description('gives it a one-time password and ends its sessions')
    .argument('<name>', 'of the account')
    .action((name: string) =>
      withPeople(async ({ accounts }, { json, by }) =>
        showOne({ name, oneTimePassword: await accounts.resetPassword(by, name) }, json, ONE_TIME),
      ),
    );
}

function registerSessions(program: Command, withPeople: WithPeople): void {
  const session = program.command('session').description('who is signed in');
  session
    .command('list')
    .description('all that are open')
    .action(() =>
      withPeople.reading(async ({ sessions }, { json }) =>
        show(
          (await sessions.list(null)).map(
            ({ id, accountName, createdAt, lastUsedAt, address, userAgent }) => ({
              id,
              account: accountName,
              createdAt: time(createdAt),
              lastUsedAt: time(lastUsedAt),
              address,
              userAgent,
            }),
          ),
          json,
        ),
      ),
    );
  session
    .command('revoke')
    .description('ends it')
    .argument('<id>', 'of the session')
    .action((id: string) =>
      withPeople(async ({ sessions }, { json, by }) => {
        await sessions.revoke(by, id, { seen: null, ended: null });
        showOne({ id, revoked: true }, json, '');
      }),
    );
}

function linkRow(link: ListedLink) {
  const { id, kind, name, unitId, state, createdAt, createdBy, lastUsedAt, expiresAt, revokedAt } = link;
  const ends = { expiresAt: time(expiresAt), revokedAt: time(revokedAt) };
  return {
    id,
    kind,
    name,
    unitId,
    state,
    createdBy: writeActor(createdBy),
    createdAt: time(createdAt),
    lastUsedAt: time(lastUsedAt),
    ...ends,
  };
}

type NewLinkOptions = {
  kind: LinkKind;
  name: string;
  unit?: string | null;
  days: number;
  basePath: string;
};

function readDays(text: string): number {
  const days = Number(text);
  if (!/^\d+$/.test(text) || days < 1 || days > LINK_DAYS.most)
    throw new InvalidArgumentError(`a whole number from 1 to ${LINK_DAYS.most}`);
  return days;
}

function registerLinks(program: Command, withPeople: WithPeople): void {
  const days = () =>
    new Option('--days <days>', 'how long it is good').argParser(readDays).default(LINK_DAYS.standard);
  const link = program.command('link').description('a token that lets a screen or a program read');
  link
    .command('add')
    .description('adds one, and prints its token, once')
    .requiredOption('--name <name>', 'where the screen stands, or what the program is')
    .addOption(new Option('--kind <kind>', 'what it is for').choices(LINK_KINDS).default('wall'))
    .option('--unit <id>', 'a wall that shows this unit and what is below it')
    .addOption(days())
    .addOption(
      new Option('--base-path <path>', 'below which the gateway is served')
        .env('MANYI_BASE_PATH')
        .default(''),
    )
    .action(({ kind, name, unit = null, days, basePath }: NewLinkOptions) =>
      withPeople.beginning(async ({ links }, { json, by }) => {
        const added = await links.add(by, { kind, name, unitId: unit, days });
        const { id, unitId } = added.link;
        const expiresAt = time(added.link.expiresAt);
        const path =
          kind === 'wall' ? { path: `${basePath.replace(/\/$/, '')}/wall/#token=${added.token}` } : {};
        showOne(
          { id, kind, name: added.link.name, unitId, expiresAt, token: added.token, ...path },
          json,
          TOKEN,
        );
      }),
    );
  link
    .command('list')
    .description('all of them, without their tokens')
    .action(() =>
      withPeople.reading(async ({ links }, { json }) => show((await links.list()).map(linkRow), json)),
    );
  link
    .command('extend')
    .description('a new end, from now on; its token stays')
    .argument('<id>', 'of the link')
    .addOption(days())
    .action((id: string, options: { days: number }) =>
      withPeople(async ({ links }, { json, by }) =>
        showOne(linkRow(await links.extend(by, id, options.days)), json, ''),
      ),
    );
  link
    .command('revoke')
    .description('ends it, within a second also for a wall that is open')
    .argument('<id>', 'of the link')
    .action((id: string) =>
      withPeople(async ({ links }, { json, by }) => {
        await links.revoke(by, id);
        showOne({ id, revoked: true }, json, '');
      }),
    );
}
