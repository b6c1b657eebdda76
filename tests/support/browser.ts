/** A real browser, and a wall opened in it. */
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { openSession, type TestClient } from './client.ts';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** MANYI_TEST_BROWSER, or where distributions put Chromium; null when there is none. */
export function findBrowser(): string | null {
  const named = process.env.MANYI_TEST_BROWSER;
  if (named !== undefined) return named;
  return CANDIDATES.find((path) => existsSync(path)) ?? null;
}

export async function launchBrowser(): Promise<Browser> {
  const executablePath = findBrowser();
  if (executablePath === null) throw new Error('no Chromium found: install it or set MANYI_TEST_BROWSER');
  return chromium.launch({ executablePath, args: QUIET });
}

export type OpenWallOptions = {
  search?: string;
  width?: number;
  height?: number;
  /** Runs before the page is fetched, e.g. to stand between it and the gateway. */
  before?: (page: Page) => Promise<void>;
};

export type OpenedWall = {
  page: Page;
  /** Script errors, refusals by the content security policy and failed requests; lost sockets are not among them. */
  complaints: string[];
  waitForConnection(state: 'connecting' | 'live' | 'lost'): Promise<void>;
  /** The text of a test id's first element. */
  text(testId: string): Promise<string>;
  tile(windowId: string): Promise<{ votes: number; online: boolean; text: string } | null>;
  close(): Promise<void>;
};

const tokens = new WeakMap<TestClient, Promise<string>>();

/** Of one link a gateway, as if all its walls were opened from the same slip of paper. */
export function wallToken(gateway: TestClient): Promise<string> {
  const token =
    tokens.get(gateway) ??
    gateway
      .send('POST', '/api/v1/links', { kind: 'wall', name: '大厅大屏' })
      .then(async (response) => ((await response.json()) as { token: string }).token);
  tokens.set(gateway, token);
  return token;
}

/** Each wall has its own storage, as if on its own computer. */
export async function openWall(
  browser: Browser,
  gateway: TestClient,
  { search = '', width = 1920, height = 1080, before }: OpenWallOptions = {},
): Promise<OpenedWall> {
  const context = await browser.newContext({ viewport: { width, height } });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('WebSocket')) complaints.push(message.text());
  });
  await before?.(page);
  const { httpUrl } = gateway;
  const linkToken = await wallToken(gateway);
  const [name = '', value = ''] = (await openSession(httpUrl, { linkToken })).split('=');
  await context.addCookies([{ name, value, url: httpUrl, httpOnly: true, sameSite: 'Lax' }]);
  await page.goto(`${httpUrl}/wall/${search}#token=${linkToken}`);
  return {
    page,
    complaints,
    async waitForConnection(state) {
      await page.waitForSelector(`:root[data-connection="${state}"]`, { timeout: 30_000 });
    },
    text: async (testId) => (await page.getByTestId(testId).first().textContent()) ?? '',
    async tile(windowId) {
      const found = page.locator(`[data-testid="window-tile"][data-window-id="${windowId}"]`);
      if ((await found.count()) === 0) return null;
      return found.evaluate((element: HTMLElement) => ({
        votes: Number(element.dataset.votes),
        online: element.dataset.online === 'true',
        text: element.textContent,
      }));
    },
    close: () => context.close(),
  };
}
