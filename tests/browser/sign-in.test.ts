import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findBrowser, launchBrowser, type OpenedPage, openPage } from '../support/browser.ts';
import { postSession } from '../support/client.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { addNewcomer, addPerson, type Person } from '../support/people.ts';
import { until } from '../support/wait.ts';
import { findFaults } from './looks.ts';

const missing = findBrowser() === null && process.env.CI === undefined;
if (missing) console.warn('SKIPPED: no Chromium, so nobody has signed in');

/** Every text that an element has from now on, in the page itself: a machine that is busy looks too rarely. */
function noteTexts(element: Element): string[] {
  const texts: string[] = [];
  const note = () => {
    const text = element.textContent ?? '';
    if (texts.at(-1) !== text) texts.push(text);
  };
  new MutationObserver(note).observe(element, { subtree: true, childList: true, characterData: true });
  return texts;
}

describe.skipIf(missing)('the sign-in page', () => {
  let browser: Browser;
  let gateway: TestGateway;
  let lin: Person;
  const pages: OpenedPage[] = [];

  const open = async (path: string, options: Parameters<typeof openPage>[2] = {}) => {
    const opened = await openPage(browser, gateway.httpUrl + path, options);
    pages.push(opened);
    return opened;
  };
  const fill = async (page: Page, { name, password }: Person) => {
    await page.locator('[name=name]').fill(name);
    await page.locator('[name=password]').fill(password);
  };
  const signIn = async (page: Page, person: Person) => {
    await fill(page, person);
    await page.locator('[type=submit]').click();
  };
  const isLive = (page: Page) => page.waitForSelector(':root[data-connection="live"]');

  beforeAll(async () => {
    [browser, gateway] = await Promise.all([launchBrowser(), startGateway()]);
    await gateway.add((org) => void org.unit('district', '菏泽市曹州区'));
    lin = await addPerson(gateway, 'lin', { displayName: '林芳' });
  });
  afterEach(async () => {
    await Promise.allSettled(pages.splice(0).map((page) => page.close()));
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.dispose();
  });

  it('takes whoever wants the wall in, and leads on to it', async () => {
    const { page, complaints } = await open('/wall?lang=zh-CN');
    await page.waitForURL('**/sign-in/?next=*');
    await signIn(page, lin);
    await isLive(page);
    expect(page.url()).toBe(`${gateway.httpUrl}/wall/?lang=zh-CN`);
    expect(await page.getByTestId('account-menu').textContent()).toContain('林芳');
    expect(complaints).toEqual([]);
  });

  it('says that it was wrong, keeps the name, and lets one type the password over', async () => {
    const { page, text } = await open('/sign-in/');
    await signIn(page, { ...lin, password: 'not-the-password' });
    await page.getByTestId('notice-wrong').waitFor();
    expect(await page.getByRole('alert').textContent()).toContain('账号或密码不正确');
    expect(await text('notice-wrong')).not.toContain('lin');
    expect(await page.locator('[name=name]').inputValue()).toBe('lin');
    await page.keyboard.type(lin.password);
    await page.keyboard.press('Enter');
    await isLive(page);
  });

  it('says what is missing before it asks the gateway', async () => {
    const { page } = await open('/sign-in/');
    await page.locator('[type=submit]').click();
    await until('the name to be asked for', async () =>
      (await page.locator('form').textContent())?.includes('请输入账号'),
    );
    expect(await page.locator('[name=name]').getAttribute('aria-invalid')).toBe('true');
    expect(await page.locator('[name=name]').evaluate((input) => input === document.activeElement)).toBe(
      true,
    );
  });

  it('counts down while there were too many attempts, and then lets one in', async () => {
    const hasty = await addPerson(gateway, 'hasty');
    const { page, complaints } = await open('/sign-in/');
    await fill(page, hasty);
    await until(
      'a wait of some seconds',
      async () => {
        const response = await postSession(gateway.httpUrl, { name: 'hasty', password: 'a guess at it' });
        return response.status === 429 && Number(response.headers.get('retry-after')) >= 4;
      },
      { everyMs: 100, timeoutMs: 30_000 },
    );
    const submit = page.locator('[type=submit]');
    const shown = await submit.evaluateHandle(noteTexts);
    await submit.click();
    await page.getByTestId('notice-throttled').waitFor();
    await until('the end of the wait', () => submit.isEnabled());
    const seconds = (await shown.jsonValue()).flatMap((text) => {
      const [, number] = /请等待 (\d+) 秒/.exec(text) ?? [];
      return number === undefined ? [] : [Number(number)];
    });
    expect(seconds.length).toBeGreaterThan(1);
    expect(seconds.at(-1)).toBeGreaterThan(0);
    expect(seconds).toEqual([...new Set(seconds)].sort((a, b) => b - a));
    expect(await page.getByTestId('notice-throttled').count()).toBe(0);
    await submit.click();
    await isLive(page);
    expect(complaints).toEqual([]);
  });

  it('says that the gateway is away, keeps what was typed, and goes on when it is back', async () => {
    const { page } = await open('/sign-in/');
    await page.locator('[name=name]').waitFor();
    await gateway.kill();
    await signIn(page, lin);
    await page.getByTestId('notice-unreachable').waitFor();
    await gateway.start();
    await page.getByTestId('notice-unreachable').waitFor({ state: 'detached' });
    expect(await page.locator('[name=password]').inputValue()).toBe(lin.password);
    await page.locator('[type=submit]').click();
    await isLive(page);
  });

  it('tries again at once when asked to', async () => {
    const { page } = await open('/sign-in/');
    await page.locator('[name=name]').waitFor();
    await page.route('**/api/v1/session', (route) => route.abort());
    await signIn(page, lin);
    await page.getByTestId('notice-unreachable').waitFor();
    await page.unroute('**/api/v1/session');
    await page.getByTestId('notice-unreachable').getByRole('button').click();
    await isLive(page);
  });

  it('has a newcomer choose a password before anything else', async () => {
    const newcomer = await addNewcomer(gateway, 'newcomer', '新同事');
    const { page, complaints } = await open('/sign-in/?next=/account/');
    await signIn(page, newcomer);
    await page.getByTestId('new-password').waitFor();
    expect(await page.locator('main').textContent()).toContain('新同事');
    const choose = async (next: string, repeat = next) => {
      await page.locator('[name=next]').fill(next);
      await page.locator('[name=repeat]').fill(repeat);
      await page.locator('[type=submit]').click();
    };
    await choose('short');
    expect(await page.locator('.rules [data-kept="false"]').count()).toBe(1);
    await choose('counter-lamp-river', 'counter-lamp-rover');
    expect(await page.locator('.rules [data-kept="false"]').textContent()).toContain('两次输入一致');
    await choose('aaaaaaaaaaaaaaaa');
    await page.getByTestId('notice-weak').waitFor();
    // A page that is opened meanwhile has the same step, and asks for the current password too.
    await page.goto(`${gateway.httpUrl}/wall/`);
    await page.locator('[name=current]').fill('not the one');
    await choose('counter-lamp-river');
    await until('the current password to be refused', async () =>
      (await page.locator('form').textContent())?.includes('当前密码不正确'),
    );
    await page.locator('[name=current]').fill(newcomer.password);
    await page.locator('[type=submit]').click();
    await isLive(page);
    const again = await postSession(gateway.httpUrl, { name: 'newcomer', password: 'counter-lamp-river' });
    expect(await again.json()).toMatchObject({ mustChangePassword: false });
    expect(complaints).toEqual([]);
  });

  it('never takes the focus from whoever has begun to type, however late a frame of it comes', async () => {
    // A machine that is busy: what waits for the next frame, or for a short time, waits until it is let go.
    const holdFrames = () => {
      const held: (() => void)[] = [];
      const { setTimeout: later } = window;
      const hold = (act: () => void) => held.push(act);
      Object.assign(window, {
        requestAnimationFrame: hold,
        setTimeout: (act: () => void, ms = 0, ...rest: []) =>
          ms < 1_000 ? hold(act) : later(act, ms, ...rest),
        letGo: () => {
          while (held.length > 0) held.shift()?.();
        },
      });
    };
    const { page } = await open('/sign-in/', { before: (opened) => opened.addInitScript(holdFrames) });
    await page.locator('[name=name]').fill(lin.name);
    await page.locator('[name=password]').focus();
    await page.evaluate(() => (window as unknown as { letGo(): void }).letGo());
    await page.keyboard.insertText(lin.password);
    expect(await page.locator('[name=name]').inputValue()).toBe(lin.name);
    expect(await page.locator('[name=password]').inputValue()).toBe(lin.password);
  });

  it('can be used with the keyboard alone', async () => {
    const { page } = await open('/sign-in/');
    await page.locator('[name=name]:focus').waitFor();
    await page.keyboard.type(lin.name);
    await page.keyboard.press('Tab');
    await page.keyboard.type(lin.password);
    await page.keyboard.press('Tab');
    const password = page.locator('[name=password]');
    expect(await page.locator(':focus').getAttribute('aria-label')).toBe('显示密码');
    await page.keyboard.press('Space');
    expect(await password.getAttribute('type')).toBe('text');
    await page.keyboard.press('Space');
    expect(await password.getAttribute('type')).toBe('password');
    await page.keyboard.press('Tab');
    const outline = await page.locator(':focus').evaluate((button) => getComputedStyle(button).outlineStyle);
    expect(outline).toBe('solid');
    await page.keyboard.press('Enter');
    await isLive(page);
  });

  it('says when caps lock is on', async () => {
    const { page, text } = await open('/sign-in/');
    const press = (capsLock: boolean) =>
      page
        .locator('[name=password]')
        .dispatchEvent('keydown', { key: 'A', modifierCapsLock: capsLock, bubbles: true });
    await press(true);
    await until('the hint', async () => (await text('caps-lock')).includes('大写锁定已打开'));
    await press(false);
    await until('no hint', async () => (await text('caps-lock')) === '');
  });

  it.each(['//evil.example/wall/', '/\\evil.example'])('leads to the wall and not to %j', async (next) => {
    const { page } = await open(`/sign-in/?next=${encodeURIComponent(next)}`);
    await signIn(page, lin);
    await isLive(page);
    expect(page.url()).toBe(`${gateway.httpUrl}/wall/`);
  });

  it('speaks both languages, and remembers which for every page', async () => {
    const { page } = await open('/sign-in/?reason=signed-out');
    expect(await page.locator('h1').textContent()).toBe('登录');
    expect(await page.getByTestId('notice-signed-out').textContent()).toContain('您已退出登录');
    await page.getByRole('button', { name: 'EN', exact: true }).click();
    expect(await page.locator('h1').textContent()).toBe('Sign in');
    expect(await page.getByTestId('notice-signed-out').textContent()).toContain('You are signed out');
    expect(await page.title()).toBe('Manyi · sign in');
    await signIn(page, lin);
    await isLive(page);
    expect(await page.getAttribute('html', 'lang')).toBe('en');
  });

  it('is good for password managers and screen readers', async () => {
    const { page } = await open('/sign-in/');
    await page.locator('[name=name]').waitFor();
    const fields = await page
      .locator('input')
      .evaluateAll((inputs) =>
        (inputs as HTMLInputElement[]).map(({ autocomplete, labels }) => [autocomplete, labels?.length]),
      );
    expect(fields).toEqual([
      ['username', 1],
      ['current-password', 1],
    ]);
    expect(await page.getByLabel('密码', { exact: true }).getAttribute('type')).toBe('password');
  });

  it.each([
    ['/sign-in/', 390, 844],
    ['/sign-in/', 1366, 768],
    ['/sign-in/', 3840, 2160],
    ['/account/', 390, 844],
    ['/account/', 1366, 768],
    ['/account/', 3840, 2160],
  ])(
    '%s fits %d × %d, and breaks no rule of its content policy, fresh or kept',
    async (path, width, height) => {
      const { page, complaints } = await open('/sign-in/?next=/account/', { width, height });
      if (path === '/account/') {
        await signIn(page, lin);
        await page.getByTestId('session').first().waitFor();
      } else await page.locator('[name=name]').waitFor();
      // Asked for again, the gateway says "not modified".
      await page.goto(gateway.httpUrl + path);
      await page.locator('h1').waitFor();
      const scrollWidth = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(scrollWidth).toBeLessThanOrEqual(width);
      expect(complaints).toEqual([]);
    },
  );

  it('keeps the product and the way back apart on a phone, in English', async () => {
    const { page } = await open('/sign-in/?next=/account/', { width: 390, height: 844 });
    await signIn(page, lin);
    await page.getByTestId('session').first().waitFor();
    await page.goto(`${gateway.httpUrl}/account/?lang=en`);
    await page.getByText('Back to the wall').waitFor();
    const lines = await page
      .locator('.mark-name')
      .evaluate(
        (name) => name.getBoundingClientRect().height / Number.parseFloat(getComputedStyle(name).fontSize),
      );
    expect(lines).toBeLessThan(2);
    expect(await findFaults(page)).toEqual({ overlaps: [], cut: [], sideways: [] });
  });
});
