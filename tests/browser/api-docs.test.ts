/** The description of the API, as a signed-in person reads it. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findBrowser, launchBrowser, openPage } from '../support/browser.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const missing = findBrowser() === null && process.env.CI === undefined;
if (missing) console.warn('SKIPPED: no Chromium, so nobody has read the description of the API');

describe.skipIf(missing)('the description of the API', () => {
  let browser: Browser;
  let gateway: TestGateway;
  beforeAll(async () => {
    [browser, gateway] = await Promise.all([launchBrowser(), startGateway()]);
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.dispose();
  });

  it('is shown, under a content policy that lets no foreign script in', async () => {
    const [name = '', value = ''] = ((await gateway.headers()).cookie as string).split('=');
    const opened = await openPage(browser, `${gateway.httpUrl}/api/docs/`, {
      before: (page) => page.context().addCookies([{ name, value, url: gateway.httpUrl }]),
    });
    const { page, complaints, close } = opened;
    await page.getByText('/api/v1/accounts/{name}').first().waitFor();
    expect(await page.locator('.opblock').count()).toBeGreaterThan(20);
    expect(complaints).toEqual([]);
    await close();
  });
});
