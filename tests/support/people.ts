/** People at a gateway: accounts as an administrator makes them. */
import type { Role } from '../../protocol/session.ts';
import type { TestClient } from './client.ts';
import type { TestGateway } from './gateway.ts';

export type Person = { name: string; password: string };

/** With the one-time password that must be changed at the first sign-in. */
export async function addNewcomer(
  gateway: TestClient,
  name: string,
  {
    displayName = name,
    role = 'operator',
    unitId,
  }: { displayName?: string; role?: Role; unitId?: string } = {},
): Promise<Person> {
  const body = { name, displayName, role, ...(unitId !== undefined && { unitId }) };
  const response = await gateway.send('POST', '/api/v1/accounts', body);
  if (response.status !== 201)
    throw new Error(`account ${name}: ${response.status} ${await response.text()}`);
  return { name, password: ((await response.json()) as { oneTimePassword: string }).oneTimePassword };
}

/** Who has chosen a password already, and is signed in nowhere. */
export async function addPerson(
  gateway: TestGateway,
  name: string,
  options: Parameters<typeof addNewcomer>[2] = {},
): Promise<Person> {
  const newcomer = await addNewcomer(gateway, name, options);
  const client = await gateway.signIn(name, newcomer.password);
  const next = `${name}-counts-votes-daily`;
  const response = await client.send('PUT', '/api/v1/session/password', { current: newcomer.password, next });
  if (!response.ok) throw new Error(`password of ${name}: ${response.status} ${await response.text()}`);
  await client.send('DELETE', '/api/v1/session');
  return { name, password: next };
}
