/** The pages work in the oldest browser that they are built for, and say so in one that is older. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'acorn';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findBrowser, launchBrowser, openPage, openWall } from '../support/browser.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const ASSETS = join(import.meta.dirname, '../../dist/pages/assets');
const built = (ending: string) =>
  readdirSync(ASSETS)
    .filter((name) => name.endsWith(ending))
    .map((name) => [name, readFileSync(join(ASSETS, name), 'utf8')] as const);

describe('what is built', () => {
  // All of ES2021 is in Chromium 87; of ES2022 only parts.
  it.each(built('.js'))('%s has no syntax younger than ES2021', (_name, text) => {
    parse(text, { ecmaVersion: 2021, sourceType: 'module' });
  });

  /** Younger than Chromium 87, by https://developer.mozilla.org/docs/Web/CSS; what only adds is left to whoever uses it. */
  const YOUNGER = [
    /:has\(/,
    /:(is|where)\(/,
    /@container/,
    /@layer/,
    /@scope/,
    /color-mix\(/,
    /\b(oklch|oklab|lch|lab|hwb|light-dark)\(/,
    /\d(d|s|l)v(h|w|min|max)\b/,
    /\d(cq[wh]|cqi|cqmin|cqmax)\b/,
    /[;{]\s*aspect-ratio:/,
    /[;{]\s*(translate|rotate|scale):/,
    /overflow:\s*clip/,
    /subgrid/,
    /text-wrap:/,
    /accent-color:/,
    /\(\s*(width|height)\s*[<>]/,
    /&\s*[.:[>]/,
  ];
  /** With what it is asked for; the rest must do without. */
  const SUPPORTED = /@supports[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}/g;
  it.each(built('.css'))('%s has no styles that the oldest browser would leave out', (_name, text) => {
    const always = text.replace(SUPPORTED, '');
    expect(YOUNGER.filter((style) => style.test(always)).map(String)).toEqual([]);
  });
});

const missing = findBrowser() === null && process.env.CI === undefined;
if (missing) console.warn('SKIPPED: no Chromium, so nobody has looked at the pages as an old browser');

describe.skipIf(missing)('a browser', () => {
  let browser: Browser;
  let gateway: TestGateway;
  beforeAll(async () => {
    [browser, gateway] = await Promise.all([launchBrowser(), startGateway()]);
    await gateway.add((org) => {
      org.unit('hall', '政务服务大厅');
      org.window('w1', 'hall', '一号窗口');
    });
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.dispose();
  });

  /** What has come to Chromium since 87, as far as pages might use it. */
  const forget = () => {
    const drop = (owner: object, ...names: string[]) => {
      for (const name of names) delete (owner as Record<string, unknown>)[name];
    };
    drop(URL, 'canParse', 'parse');
    drop(AbortSignal, 'timeout', 'any', 'abort');
    drop(AbortSignal.prototype, 'throwIfAborted');
    drop(Array.prototype, 'at', 'findLast', 'findLastIndex', 'toSorted', 'toReversed', 'toSpliced', 'with');
    drop(Array, 'fromAsync');
    drop(String.prototype, 'at', 'isWellFormed', 'toWellFormed');
    drop(Object, 'hasOwn', 'groupBy');
    drop(Map, 'groupBy');
    drop(Promise, 'withResolvers', 'try');
    drop(Set.prototype, 'union', 'intersection', 'difference', 'isSubsetOf', 'isSupersetOf');
    drop(window, 'structuredClone', 'scheduler', 'navigation', 'reportError');
    drop(Crypto.prototype, 'randomUUID');
    drop(Intl, 'supportedValuesOf', 'DurationFormat');
    drop(Element.prototype, 'checkVisibility', 'setHTMLUnsafe');
    drop(Response, 'json');
    drop(Document.prototype, 'startViewTransition');
  };

  it('of Chromium 87 shows a live wall, with its chart, and lets people sign in', async () => {
    const wall = await openWall(browser, gateway, { before: (page) => page.addInitScript(forget) });
    await wall.waitForConnection('live');
    await wall.page.locator('canvas').waitFor();
    expect(await wall.page.locator('#not-started').count()).toBe(0);
    expect(wall.complaints).toEqual([]);
    await wall.close();
    const signIn = await openPage(browser, `${gateway.httpUrl}/account/`, {
      before: (page) => page.addInitScript(forget),
    });
    await signIn.page.waitForURL('**/sign-in/?next=**');
    await signIn.page.locator('input[name]').first().waitFor();
    expect(signIn.complaints).toEqual([]);
    await signIn.close();
  });

  const PAGES = ['wall', 'sign-in', 'account'];
  // Each waits until the page must have begun: all at once.
  it.concurrent.each(PAGES)(
    'that runs no script of /%s/ shows a sentence, in both languages',
    async (name) => {
      const { page, close } = await openPage(browser, `${gateway.httpUrl}/${name}/`, {
        before: (page) => page.route('**/assets/*.js', (route) => route.abort()),
      });
      const sentence = page.locator('#not-started p').first();
      await sentence.waitFor({ state: 'visible', timeout: 15_000 });
      expect(await page.locator('#not-started').textContent()).toMatch(/Chromium 87[\s\S]*Chromium 87/);
      await close();
    },
  );

  it.concurrent.each(PAGES)('without JavaScript is told so at /%s/', async (name) => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${gateway.httpUrl}/${name}/`);
    await page.locator('noscript [lang=en]').waitFor({ state: 'visible', timeout: 15_000 });
    await context.close();
  });

  it('that knows modules and not the styles is told at once', async () => {
    const { page, close } = await openPage(browser, `${gateway.httpUrl}/wall/`, {
      before: (page) =>
        page.addInitScript(() => {
          CSS.supports = () => false;
        }),
    });
    await page.locator('#not-started[data-now] p').first().waitFor({ state: 'visible', timeout: 4_000 });
    expect(await page.locator('#wall').innerHTML()).toBe('');
    await close();
  });
});
