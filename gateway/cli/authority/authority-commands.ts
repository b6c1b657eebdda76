/** The certificate authority without its key: for browsers that are to trust `MANYI_HTTPS=self-signed`, and for terminals of others. */
import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { HostFault } from '../../../protocol/process/fault.ts';
import { readAuthority } from '../../pki/authority.ts';
import { StoreFailure } from '../../store/failures.ts';
import { showOne } from '../output.ts';
import type { WithStore } from '../with-store.ts';

const NOTE = `It holds no key and is no secret. Import it as an authority (a root certificate) into the browser or the system that opens
the wall, and hold the SHA-256 against the one here; it has signed the HTTPS certificate of MANYI_HTTPS=self-signed and those
of the terminals alike.`;

export function registerAuthorityCommands(
  program: Command,
  { keys: withKeys }: Pick<WithStore, 'keys'>,
): void {
  const authority = program.command('authority').description('the certificate authority of the installation');
  authority
    .command('export')
    .description('prints its certificate (PEM) without its key, and its fingerprints; changes nothing')
    .option('--to <file>', 'writes the certificate into this new file, and prints the fingerprints only')
    .action(({ to }: { to?: string }) =>
      withKeys(async (keys, json) => {
        const found = await readAuthority(keys);
        if (found === null)
          throw new StoreFailure(
            'authority-missing',
            `${keys.place('authority')} is not there: the first start of the gateway, or \`terminal add\`, makes it`,
          );
        const { certificate, fingerprint } = found;
        const file = to === undefined ? null : writeNew(resolve(to), certificate);
        const sha256 = new X509Certificate(certificate).fingerprint256;
        const about = { sha256, enrolment: fingerprint };
        if (json || program.opts<{ print?: string }>().print !== undefined)
          showOne({ certificate, ...about, file }, true, '');
        else if (file !== null) showOne({ file, ...about }, false, NOTE);
        else {
          // Standard output is the certificate alone, so that it can be redirected.
          console.log(certificate.trim());
          console.error(`sha256     ${sha256}\nenrolment  ${fingerprint}`);
        }
      }),
    );
}

function writeNew(file: string, text: string): string {
  try {
    writeFileSync(file, `${text.trim()}\n`, { flag: 'wx', mode: 0o644 });
    return file;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw new HostFault('file-exists', `${file} exists: it is not written over`, { cause: error });
    throw error;
  }
}
