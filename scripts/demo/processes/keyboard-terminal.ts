/** The terminal at this keyboard: the terminal's own input and output are ours, its log (standard error) is not. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { identityFolder, type TerminalAccount } from '../home/accounts.ts';
import { type Child, startChild } from './child.ts';
import type { Keeper } from './keeper.ts';
import { openLogFile } from './log-file.ts';

const MAIN = fileURLToPath(new URL('../../../terminal/main.js', import.meta.url));

export const KEYBOARD_TERMINAL = 'The terminal at this keyboard';

export function startKeyboardTerminal(options: {
  account: TerminalAccount;
  dataDir: string;
  gatewayUrl: string;
  keeper: Keeper;
}): Child {
  const { account, dataDir, gatewayUrl, keeper } = options;
  const logPath = join(dataDir, 'keyboard-terminal.log');
  const { child, process: terminal } = startChild(
    {
      ...{ name: KEYBOARD_TERMINAL, logPath, keeper },
      command: process.execPath,
      args: [MAIN],
      // Only who is in the foreground may read the keys.
      isApart: false,
      env: {
        MANYI_ENROLMENT_CODE: account.code,
        MANYI_IDENTITY: identityFolder(dataDir, account.id),
        MANYI_GATEWAY: gatewayUrl,
        MANYI_JOURNAL: join(dataDir, 'journals', `${account.id}.db`),
        MANYI_INPUTS: 'keyboard',
      },
    },
    ['inherit', 'inherit', 'pipe'],
  );
  const file = openLogFile(logPath);
  terminal.stderr!.on('data', (text: Buffer) => file.write(text.toString()));
  return child;
}
