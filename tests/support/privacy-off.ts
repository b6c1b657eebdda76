import type { TestClient } from './client.ts';

/** Whoever is bound to a unit sees votes as they come, for tests of what that is. @param administrator asks for it */
export async function privacyOff(administrator: TestClient): Promise<void> {
  const asked = { settings: { isOn: false }, reason: 'a test of the live stream' };
  const { status } = await administrator.send('POST', '/api/v1/privacy', asked);
  if (status !== 201) throw new Error(`privacy could not be set: ${status}`);
}
