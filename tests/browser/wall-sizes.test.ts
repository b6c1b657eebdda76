/** What an eye sees on screens of all sizes, zoomed and with large text, with few windows and many, and with long names. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findBrowser, launchBrowser, openPage, openWall, wallToken } from '../support/browser.ts';
import { startGateway, type TerminalLogin, type TestGateway } from '../support/gateway.ts';
import { until } from '../support/wait.ts';
import { type Counter, openCounter, times } from './counter.ts';
import { findFaults, launchZoomed } from './looks.ts';

const missing = findBrowser() === null && process.env.CI === undefined;
if (missing) console.warn('SKIPPED: no Chromium, so nobody has looked at the wall on other screens');

const NONE = { overlaps: [], cut: [], sideways: [] };
/** On a board, a long name may end in an ellipsis: it has its own number after it, and is written out in its title. */
const NAMES = '.tile-name, .tile-unit, .rank-name, .ticker-window, .mark-city';
const HALL = '曹州区人力资源和社会保障局政务服务大厅';
const WINDOWS = [
  '居民基本医疗保险参保登记与异地就医备案综合受理窗口1',
  'Household registration and residence permits for everybody 2',
  'مكتب الخدمات 3',
  '就业登记窗口4',
  'Wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww5',
];

describe.skipIf(missing)('the wall, as an eye sees it', () => {
  let browser: Browser;
  let gateway: TestGateway;
  const logins: TerminalLogin[] = [];
  const counters: Counter[] = [];

  const growTo = (count: number) =>
    gateway.add((org) => {
      while (logins.length < count) {
        const number = logins.length + 1;
        const unit = number <= 5 ? 'hall' : `hall-${number % 4}`;
        org.window(`w${number}`, unit, WINDOWS[(number - 1) % WINDOWS.length] as string);
        logins.push(org.terminal(`t${number}`, `w${number}`));
      }
    });
  const pressAt = async (number: number, satisfied: number, unsatisfied: number) => {
    const counter = await openCounter(gateway.mqttPort, logins[number - 1] as TerminalLogin);
    counters.push(counter);
    await counter.press(...times(satisfied, 'satisfied'), ...times(unsatisfied, 'unsatisfied'));
    return counter;
  };
  const fillUp = async () => {
    if (logins.length >= 60) return;
    await gateway.add((org) => {
      for (const number of [0, 1, 2, 3])
        org.unit(`hall-${number}`, `青石镇便民服务中心${number}`, 'district');
    });
    await growTo(60);
    const counter = await pressAt(60, 12, 0);
    await counter.withhold(3, 'basically');
    await counters[1]?.leave();
  };
  const openFull = async (width: number, height: number, tiles: number, search = '?lang=en') => {
    const wall = await openWall(browser, gateway, { width, height, search });
    await wall.waitForConnection('live');
    await until('its tiles', async () => (await wall.page.getByTestId('window-tile').count()) === tiles);
    return wall;
  };

  beforeAll(async () => {
    [browser, gateway] = await Promise.all([launchBrowser(), startGateway()]);
    await gateway.add((org) => {
      org.unit('district', '菏泽市曹州区');
      org.unit('hall', HALL, 'district');
    });
  });
  afterAll(async () => {
    await Promise.allSettled(counters.map((counter) => counter.leave()));
    await browser?.close();
    await gateway?.dispose();
  });

  it.each([1, 2, 3, 5])('%d windows fill the room', async (count) => {
    await growTo(count);
    await pressAt(count, 1_200 / count, 2 * count);
    for (const [width, height] of [
      [1366, 768],
      [1920, 1080],
      [3840, 2160],
    ] as const) {
      const wall = await openFull(width, height, count);
      const filled = await wall.page.evaluate(() => {
        const area = (element: Element) => {
          const { width, height } = element.getBoundingClientRect();
          return width * height;
        };
        const tiles = [...document.querySelectorAll('[data-testid="window-tile"]')].map(area);
        const largest = Math.min(
          ...[...document.querySelectorAll('.tile-rate')].map((rate) =>
            Number.parseFloat(getComputedStyle(rate).fontSize),
          ),
        );
        const sum = tiles.reduce((all, one) => all + one, 0);
        return { share: sum / area(document.querySelector('.tiles') as Element), least: largest };
      });
      expect(filled.share).toBeGreaterThan(0.97);
      // A large tile with small figures is empty, too: a twentieth of the screen, where one may be "no votes yet".
      expect(filled.least).toBeGreaterThan(height / 45);
      expect(await findFaults(wall.page, NAMES)).toEqual(NONE);
      await wall.close();
    }
  });

  it.each([
    ['en', 1920, 1080, 60],
    ['zh-CN', 1920, 1080, 60],
    ['en', 1366, 768, 60],
    ['en', 1280, 720, 60],
    ['en', 390, 844, 24],
    ['zh-CN', 390, 844, 24],
    ['en', 320, 640, 24],
  ])(
    '%s at %d × %d: nothing lies on anything, nothing is cut off',
    async (language, width, height, tiles) => {
      await fillUp();
      const wall = await openFull(width, height, tiles, `?lang=${language}`);
      expect(await findFaults(wall.page, width > 900 ? NAMES : '')).toEqual(NONE);
      await wall.close();
    },
  );

  /** Text that is asked for twice as large is twice as large (WCAG 2.2, 1.4.4), measured on the screen and not in the page's own pixels. */
  it.each([
    { width: 1920, height: 1080, zoom: 2, textPx: 16 },
    { width: 1280, height: 720, zoom: 2, textPx: 16 },
    { width: 3840, height: 2160, zoom: 2, textPx: 16 },
    { width: 1280, height: 1024, zoom: 4, textPx: 16 },
    { width: 1920, height: 1080, zoom: 1.25, textPx: 16 },
    { width: 1920, height: 1080, zoom: 1, textPx: 24 },
  ])(
    '$width × $height enlarged ($zoom, $textPx px) grows, and flows',
    async ({ width, height, ...enlarged }) => {
      await fillUp();
      const factor = enlarged.zoom * (enlarged.textPx / 16);
      const sizes = async (asked: typeof enlarged) => {
        const { context, close } = await launchZoomed(width, height, asked);
        const page = await context.newPage();
        const measured: number[] = [];
        const look = async (selectors: string[]) => {
          for (const selector of selectors)
            measured.push(
              await page
                .locator(selector)
                .first()
                .evaluate(
                  (element) => Number.parseFloat(getComputedStyle(element).fontSize) * devicePixelRatio,
                ),
            );
          if (asked === enlarged) expect(await findFaults(page, factor < 2 ? NAMES : '')).toEqual(NONE);
        };
        await page.goto(`${gateway.httpUrl}/sign-in/?lang=en`);
        await page.waitForSelector('form');
        await look(['label', 'input', 'h1', '.promise', '.stage-product']);
        await page.goto(`${gateway.httpUrl}/wall/#token=${await wallToken(gateway)}`);
        await page.waitForSelector('[data-testid="window-tile"]');
        await look(['.panel-head h2', '.rank-name', '.ticker-rating', '.rank-votes', '.clock-date']);
        await close();
        return measured;
      };
      const [before, after] = [await sizes({ zoom: 1, textPx: 16 }), await sizes(enlarged)];
      for (const [at, size] of after.entries())
        expect(size / (before[at] as number), `text ${at}`).toBeGreaterThan(Math.min(factor, 2) * 0.97);
    },
  );

  it('goes on paging while a mouse rests on it, and says that it waited', async () => {
    await gateway.add((org) => {
      for (let number = 1; number <= 200; number += 1)
        org.window(`more-${number}`, 'hall-1', `窗口${number}`);
    });
    const wall = await openWall(browser, gateway);
    await wall.waitForConnection('live');
    const where = async () => (await wall.page.locator('.windows .pages-where').textContent()) ?? '';
    await until('all pages', async () => (await where()).endsWith('/ 5'));
    await wall.page.mouse.move(1_200, 400);
    await wall.page.mouse.move(1_210, 410);
    await until('it waits', async () => (await wall.text('held')).includes('已暂停'));
    const held = await where();
    await until('the next page', async () => (await where()) !== held, { timeoutMs: 20_000 });
    expect(await wall.page.getByTestId('held').count()).toBe(0);
    // The pages that turn under the mouse are no movement of it.
    const next = await where();
    await until('the page after it', async () => (await where()) !== next, { timeoutMs: 20_000 });
    await wall.page.keyboard.press('ArrowLeft');
    await until('it waits again', async () => (await wall.page.getByTestId('held').count()) === 1);
    await wall.close();
  });

  it('of more windows than go by in a minute, shows those that need attention, and all when asked', async () => {
    await gateway.add((org) => {
      for (let number = 1; number <= 150; number += 1)
        org.window(`many-${number}`, 'hall-2', `窗口${number}`);
    });
    await pressAt(7, 8, 24);
    for (const [width, height] of [
      [1920, 1080],
      [1366, 768],
      [390, 844],
    ] as const) {
      const wall = await openWall(browser, gateway, { width, height, search: '?lang=en' });
      await wall.waitForConnection('live');
      const first = wall.page.getByTestId('window-tile').first();
      await until('the worst', async () => (await first.getAttribute('data-window-id')) === 'w7');
      const ids = await wall.page
        .getByTestId('window-tile')
        .evaluateAll((tiles) => tiles.map((tile) => (tile as HTMLElement).dataset.windowId));
      // It has fallen silent.
      expect(ids).toContain('w2');
      expect(ids).not.toContain('many-1');
      expect(await findFaults(wall.page, width > 900 ? NAMES : '')).toEqual(NONE);
      await wall.page.getByTestId('views').getByRole('button', { name: /^All/ }).click();
      await until('all', async () => (await first.getAttribute('data-window-id')) === 'w1');
      expect(await findFaults(wall.page, width > 900 ? NAMES : '')).toEqual(NONE);
      await wall.page
        .getByTestId('views')
        .getByRole('button', { name: /^Need attention/ })
        .click();
      await until('the worst again', async () => (await first.getAttribute('data-window-id')) === 'w7');
      await wall.close();
    }
  });

  it('has the head of each panel within it, also where units are on pages', async () => {
    await gateway.add((org) => {
      for (let number = 1; number <= 24; number += 1) {
        org.unit(`town-${number}`, `第${number}镇`, 'district');
        org.window(`town-${number}`, `town-${number}`, '窗口');
      }
    });
    for (const language of ['en', 'zh-CN']) {
      const wall = await openWall(browser, gateway, { search: `?lang=${language}` });
      await wall.waitForConnection('live');
      const beyond = () =>
        wall.page.evaluate(() =>
          [...document.querySelectorAll('.panel-head > *')].flatMap((element) => {
            const panel = element.closest('.panel')?.getBoundingClientRect().right ?? 0;
            return element.getBoundingClientRect().right > panel - 8 ? [element.textContent] : [];
          }),
        );
      await wall.page.locator('.ranking .pages').waitFor();
      expect(await beyond()).toEqual([]);
      await wall.page.mouse.move(200, 700);
      await wall.page.mouse.move(210, 710);
      await wall.page.locator('.ranking .pages-held').waitFor();
      expect(await beyond()).toEqual([]);
      await wall.close();
    }
  });

  it.each([
    ['en-US', 'en'],
    ['en-GB', 'en'],
    ['zh-TW', 'zh-CN'],
    ['fr-FR', 'zh-CN'],
  ])('a browser that speaks %s sees %s on every page, from the first word on', async (locale, language) => {
    for (const path of ['/wall/', '/sign-in/', '/account/']) {
      const opened = await openPage(browser, `${gateway.httpUrl}${path}`, {
        locale,
        before: async (page) => {
          await page.addInitScript(() => {
            const seen = new MutationObserver(() => {
              const place = document.querySelector('#page, #wall');
              if (!place?.textContent?.trim() || document.documentElement.dataset.firstLang) return;
              document.documentElement.dataset.firstLang = document.documentElement.lang;
            });
            seen.observe(document, { subtree: true, childList: true });
          });
        },
      });
      await opened.page.waitForSelector('form');
      expect(await opened.page.getAttribute('html', 'lang')).toBe(language);
      expect(await opened.page.getAttribute('html', 'data-first-lang')).toBe(language);
      expect(await opened.page.locator('form').textContent()).toContain(
        language === 'en' ? 'Sign in' : '登录',
      );
      // What somebody chooses is kept, whatever the browser speaks.
      const [other, label] = language === 'en' ? ['zh-CN', '中文'] : ['en', 'EN'];
      await opened.page.getByRole('button', { name: label, exact: true }).click();
      await opened.page.reload();
      await opened.page.waitForSelector('form');
      expect(await opened.page.getAttribute('html', 'lang')).toBe(other);
      await opened.close();
    }
  });
});
