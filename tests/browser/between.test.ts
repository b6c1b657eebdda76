/** What stands between a screen and the gateway is named, where it is to blame; and what is configured as in docs/proxies.md works. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findBrowser, launchBrowser, type OpenedPage, openPage, wallToken } from '../support/browser.ts';
import { ADMIN_PASSWORD, startGateway, type TestGateway } from '../support/gateway.ts';
import { have } from '../support/prerequisites.ts';
import { NGINX, type RunningProxy, snippet, startNginx } from '../support/proxies.ts';
import { until } from '../support/wait.ts';

const missing = findBrowser() === null && process.env.CI === undefined;
if (missing) console.warn('SKIPPED: no Chromium, so nobody has looked at what stands in between');

describe.skipIf(missing || !have(NGINX))('behind a proxy', () => {
  let browser: Browser;
  let gateway: TestGateway;
  const proxies: RunningProxy[] = [];
  const pages: OpenedPage[] = [];
  beforeAll(async () => {
    browser = await launchBrowser();
    gateway = await startGateway({ env: { MANYI_TRUSTED_PROXIES: '127.0.0.1' } });
  });
  afterEach(async () => {
    await Promise.all(pages.splice(0).map((page) => page.close()));
    await Promise.all(proxies.splice(0).map((proxy) => proxy.stop()));
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.dispose();
  });

  /** The documented one without TLS, changed. @returns what its address begins with. */
  const behind = async (change: (text: string) => string = (text) => text, to = gateway) => {
    const text = snippet('nginx')
      .replace(/listen 443 ssl;[\s\S]*?\n\n/, 'listen 127.0.0.1:PORT;\n')
      .replace('127.0.0.1:8080', `127.0.0.1:${to.httpPort}`);
    const proxy = await startNginx(change(text));
    proxies.push(proxy);
    return `http://127.0.0.1:${proxy.port}`;
  };
  const open = async (address: string) => {
    const opened = await openPage(browser, address);
    pages.push(opened);
    return opened;
  };
  const wall = async (base: string) => open(`${base}/wall/#token=${await wallToken(gateway)}`);
  const without =
    (...headers: string[]) =>
    (text: string) =>
      text
        .split('\n')
        .filter((line) => !headers.some((header) => line.includes(`proxy_set_header ${header}`)))
        .join('\n');
  const connection = (page: Page, state: string) =>
    page.waitForSelector(`:root[data-connection="${state}"]`, { timeout: 30_000 });
  const obstacle = (page: Page, kind: string) =>
    page.waitForSelector(`[data-obstacle="${kind}"]`, { timeout: 30_000 });

  it('as documented, the wall is live', async () => {
    const { page, complaints } = await wall(await behind());
    await connection(page, 'live');
    expect(complaints).toEqual([]);
  });

  it('that lets no WebSocket through, the wall says so, in both languages', async () => {
    const { page } = await wall(await behind(without('Upgrade', 'Connection')));
    await obstacle(page, 'no-websocket');
    const message = page.getByTestId('unreachable');
    expect(await message.textContent()).toContain('中间的代理没有放行 WebSocket');
    await page.goto(`${page.url().split('#')[0]}?lang=en`);
    await obstacle(page, 'no-websocket');
    expect(await message.textContent()).toContain('A proxy lets no WebSocket through');
  });

  it('that asks the gateway by another name, wall and sign-in say which setting helps', async () => {
    const base = await behind(without('Host', 'X-Forwarded-Host'));
    const { page } = await wall(base);
    await obstacle(page, 'origin-foreign');
    expect(await page.getByTestId('unreachable').textContent()).toContain(`MANYI_ALLOWED_ORIGINS=${base}`);
    const { page: signIn } = await open(`${base}/sign-in/?lang=en`);
    await signIn.locator('[name=name]').fill('admin');
    await signIn.locator('[name=password]').fill(ADMIN_PASSWORD);
    await signIn.keyboard.press('Enter');
    await signIn.getByTestId('notice-obstacle').waitFor();
    expect(await signIn.getByTestId('notice-obstacle').textContent()).toContain(
      `MANYI_ALLOWED_ORIGINS=${base}`,
    );
  });

  it('that answers while the gateway is away, it is the one that is named, until the gateway is back', async () => {
    const { page } = await wall(await behind());
    await connection(page, 'live');
    await gateway.kill();
    await obstacle(page, 'answer-foreign');
    const banner = page.getByTestId('lost-banner');
    expect(await banner.textContent()).toContain('HTTP 502');
    await page.getByRole('button', { name: 'EN' }).click();
    expect(await banner.evaluate(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth)).toBe(true);
    await gateway.start();
    await connection(page, 'live');
    await until('the banner to go', async () => (await page.getByTestId('lost-banner').count()) === 0);
  });

  it('a network that wants one to sign in first is named, and waited for', async () => {
    const { page } = await open(`${await behind()}/sign-in/`);
    await page.route('**/api/v1/**', (route) =>
      route.fulfill({ status: 302, headers: { location: 'http://portal.example/' } }),
    );
    await page.reload();
    await page.getByTestId('notice-unreachable').waitFor();
    expect(await page.getByTestId('notice-unreachable').textContent()).toContain('HTTP 302');
    await page.unroute('**/api/v1/**');
    await page.route('**/api/v1/**', (route) =>
      route.fulfill({ status: 200, contentType: 'text/html', body: '<h1>Welcome to our network</h1>' }),
    );
    await page.reload();
    await page.getByTestId('notice-unreachable').waitFor();
    expect(await page.getByTestId('notice-unreachable').textContent()).toContain('HTTP 200');
    await page.unroute('**/api/v1/**');
    await until(
      'it to see that it is over',
      async () => (await page.getByTestId('notice-unreachable').count()) === 0,
    );
  });

  it('below a path, people sign in, look, and find every page', async () => {
    const below = await startGateway({
      env: { MANYI_TRUSTED_PROXIES: '127.0.0.1', MANYI_BASE_PATH: '/manyi' },
    });
    try {
      const base = await behind((text) => text.replace('location / {', 'location /manyi/ {'), below);
      const { page, complaints } = await open(`${base}/manyi/wall/?lang=en`);
      await page.waitForURL('**/manyi/sign-in/?**');
      await page.locator('[name=name]').fill('admin');
      await page.locator('[name=password]').fill(ADMIN_PASSWORD);
      await page.keyboard.press('Enter');
      await page.waitForURL('**/manyi/wall/?lang=en');
      await connection(page, 'live');
      await page.getByTestId('account-menu').getByRole('button').first().click();
      await page.locator('.account-panel a').click();
      await page.waitForURL('**/manyi/account/');
      await page.getByText('admin').first().waitFor();
      expect(complaints).toEqual([]);
      const [cookie] = await page.context().cookies();
      expect(cookie).toMatchObject({ name: 'manyi_session', path: '/manyi' });
    } finally {
      await below.dispose();
    }
  });
});
