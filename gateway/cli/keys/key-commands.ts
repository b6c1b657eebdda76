/** The keys that all gateways on a PostgreSQL database have in common, and the key that they are sealed with. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { HostFault, tellFault } from '../../../protocol/process/fault.ts';
import { StoreFailure } from '../../store/failures.ts';
import { KEY_NAMES, type KeyStore } from '../../store/keys.ts';
import { createSeal } from '../../store/seal.ts';
import { makeSealKeyFile, readSealKeyFile } from '../../store/seal-key.ts';
import type { SealedKeys } from '../../store/sql/sealed-keys.ts';
import { show, showOne } from '../output.ts';
import type { WithStore } from '../with-store.ts';

const NOTE = `Put this file in the place of seal.key at every gateway, or what is in it into MANYI_SEAL_KEY. A gateway that runs takes
up the file within a minute, and the variable when it is started; until then it goes on with the keys that it has read.
Keep the old one as long as the backups that were made under it.`;

export function registerKeyCommands(program: Command, withStore: WithStore): void {
  const keys = program
    .command('keys')
    .description('what all gateways on one PostgreSQL database have in common, sealed');

  keys
    .command('list')
    .description(
      'which there are, the id of the key that each is sealed with, and whether this machine has it',
    )
    .action(() =>
      withStore.reading(async (store, json) => {
        const sealed = sealedOf(store.keys);
        const listed = await sealed.list();
        const rows = listed.map(async (row) => ({ ...row, opens: await opens(sealed, row.name) }));
        show(await Promise.all(rows), json);
      }),
    );

  keys
    .command('reseal')
    .description('makes a new key of the seal, and seals all of them with it from now on')
    .requiredOption('--to <file>', 'writes the new key into this new file, for its owner only')
    .action(({ to }: { to: string }) =>
      withStore(async (store, json, { by }) => {
        const sealed = sealedOf(store.keys);
        const file = resolve(to);
        if (existsSync(file)) throw new HostFault('file-exists', `${file} exists: it is not written over`);
        // On the disk before anything rests on it.
        makeSealKeyFile(file);
        const next = createSeal(readSealKeyFile(file) as Buffer);
        const names = await sealed.reseal(by, next);
        showOne({ file, sealedWith: next.id, keys: json ? names : names.join(' ') }, json, NOTE);
      }),
    );
}

function sealedOf(keys: KeyStore): SealedKeys {
  if ('reseal' in keys) return keys as SealedKeys;
  throw new StoreFailure(
    'keys-unsealed',
    'the keys are files of the data folder, and are not sealed: this is for a database (MANYI_DATABASE)',
  );
}

/** `yes`, or the code of what keeps it from being opened. */
async function opens(keys: KeyStore, listed: string): Promise<string> {
  const name = KEY_NAMES.find((one) => one === listed);
  if (name === undefined) return 'key-unknown';
  try {
    await keys.read(name);
    return 'yes';
  } catch (error) {
    return tellFault(error).code;
  }
}
