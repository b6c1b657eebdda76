/** People at a gateway: accounts as an administrator makes them. */
import type { Role } from '../../protocol/session.ts';
import { addAccount, type TestClient } from './client.ts';

export type Person = { name: string; password: string };
type Options = { displayName?: string; role?: Role; unitId?: string };

/** With the one-time password that must be changed at the first sign-in. */
export async function addNewcomer(gateway: TestClient, name: string, displayName: string): Promise<Person> {
  const response = await gateway.send('POST', '/api/v1/accounts', { name, displayName, role: 'operator' });
  if (!response.ok) throw new Error(`account ${name}: ${response.status} ${await response.text()}`);
  return { name, password: ((await response.json()) as { oneTimePassword: string }).oneTimePassword };
}

/** Who has chosen a password already, and is signed in nowhere. */
export async function addPerson(gateway: TestClient, name: string, options: Options = {}): Promise<Person> {
  const account = await addAccount(gateway, { name, role: 'operator', ...options });
  await account.send('DELETE', '/api/v1/session');
  return { name, password: account.password };
}
