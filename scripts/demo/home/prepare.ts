/** The district with its terminals and the ways to get in, made in the data folder and the database before a gateway runs. */
import { WINDOWS } from '../citizens/district.ts';
import type { DemoOptions } from '../demo-args.ts';
import { createProgress } from '../screen/screen.ts';
import { prepareDistrict, type TerminalAccount } from './accounts.ts';
import { openHome } from './home.ts';
import { prepareSignIn, type SignIn } from './sign-in.ts';

export type Prepared = {
  /** The first is the keyboard's, if there is one. */
  accounts: TerminalAccount[];
  /** How many of them are not at the keyboard. */
  simulated: number;
  signIn: SignIn;
};

/** @param keysIn the folder of the gateway's keys; @param database null for one in that folder. @throws DemoError */
export async function prepareHome(
  { dataDir, keyboard, terminals }: DemoOptions,
  keysIn: string,
  database: string | null,
): Promise<Prepared> {
  const simulated = terminals ?? WINDOWS.length - (keyboard ? 1 : 0);
  const progress = createProgress('Making the district');
  const home = await openHome(keysIn, database);
  try {
    const accounts = await prepareDistrict({
      ...{ dataDir, home, onProgress: progress.at },
      terminals: simulated + (keyboard ? 1 : 0),
    });
    progress.end();
    return { accounts, simulated, signIn: await prepareSignIn(dataDir, home) };
  } finally {
    await home.close();
  }
}
