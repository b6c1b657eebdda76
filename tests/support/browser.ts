/** A real browser, and a wall opened in it. */
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { addLink, type TestClient } from './client.ts';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
export const QUIET = [
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
  /** What the browser says that its person reads. */
  locale?: string;
  /** Runs before the page is fetched, e.g. to stand between it and the gateway. */
  before?: (page: Page) => Promise<unknown>;
};

export type OpenedWall = {
  page: Page;
  /** Script errors and refusals by the content security policy; lost sockets and refused requests are not among them. */
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
  const token = tokens.get(gateway) ?? addLink(gateway, { kind: 'wall' }).then((link) => link.token);
  tokens.set(gateway, token);
  return token;
}

export type OpenedPage = Pick<OpenedWall, 'page' | 'complaints' | 'text' | 'close'>;

/** Each page has its own storage, as if on its own computer; pages that it opens next are listened to as well. */
export async function openPage(
  browser: Browser,
  address: string,
  { width = 1920, height = 1080, locale = 'zh-CN', before }: Omit<OpenWallOptions, 'search'> = {},
): Promise<OpenedPage> {
  const context = await browser.newContext({ viewport: { width, height }, locale });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !EXPECTED.test(message.text())) complaints.push(message.text());
  });
  await before?.(page);
  await page.goto(address);
  return {
    page,
    complaints,
    text: async (testId) => (await page.getByTestId(testId).first().textContent()) ?? '',
    close: () => context.close(),
  };
}

/** Of every page that is loaded from now on; of the one that is there, `window.clockOffMs` may be set. */
export async function setClock(page: Page, hours: number): Promise<void> {
  await page.addInitScript((offMs) => {
    const right = Date.now;
    Object.assign(window, { clockOffMs: offMs });
    Date.now = () => right() + (window as unknown as { clockOffMs: number }).clockOffMs;
  }, hours * 3_600_000);
}

/** Lost sockets, a gateway that is away, and refusals, which pages are made to meet. */
const EXPECTED = /WebSocket|net::ERR_|status of 4(01|03|22|29) /;

/** A wall on its own computer, opened by a link. */
export async function openWall(
  browser: Browser,
  gateway: TestClient,
  { search = '', ...options }: OpenWallOptions = {},
): Promise<OpenedWall> {
  const address = `${gateway.httpUrl}/wall/${search}#token=${await wallToken(gateway)}`;
  const opened = await openPage(browser, address, options);
  const { page } = opened;
  return {
    ...opened,
    async waitForConnection(state) {
      await page.waitForSelector(`:root[data-connection="${state}"]`, { timeout: 30_000 });
    },
    async tile(windowId) {
      const found = page.locator(`[data-testid="window-tile"][data-window-id="${windowId}"]`);
      if ((await found.count()) === 0) return null;
      return found.evaluate((element: HTMLElement) => ({
        votes: Number(element.dataset.votes),
        online: element.dataset.online === 'true',
        text: element.textContent,
      }));
    },
  };
}
