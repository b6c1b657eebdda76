import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SessionItem } from '../../protocol/session.ts';
import {
  findBrowser,
  launchBrowser,
  type OpenedPage,
  openPage,
  openWall,
  setClock,
} from '../support/browser.ts';
import { startGateway, type TerminalLogin, type TestGateway } from '../support/gateway.ts';
import { addPerson, type Person } from '../support/people.ts';
import { until } from '../support/wait.ts';
import { openCounter } from './counter.ts';

const missing = findBrowser() === null && process.env.CI === undefined;
if (missing) console.warn('SKIPPED: no Chromium, so no page has seen its session end');

type MadeLink = { link: { id: string }; token: string; address: string };

describe.skipIf(missing)('sessions in a browser', () => {
  let browser: Browser;
  let gateway: TestGateway;
  let lin: Person;
  let north: TerminalLogin;
  const pages: OpenedPage[] = [];

  const open = async (address: string, options: Parameters<typeof openPage>[2] = {}) => {
    const opened = await openPage(browser, new URL(address, gateway.httpUrl).href, options);
    pages.push(opened);
    return opened;
  };
  const openAs = async (
    { name, password }: Person,
    next: string,
    options: Parameters<typeof openPage>[2] = {},
  ) => {
    const opened = await open(`/sign-in/?next=${encodeURIComponent(next)}`, options);
    await opened.page.locator('[name=name]').fill(name);
    await opened.page.locator('[name=password]').fill(password);
    await opened.page.locator('[type=submit]').click();
    await opened.page.waitForURL(gateway.httpUrl + next);
    return opened;
  };
  const isLive = (page: Page) => page.waitForSelector(':root[data-connection="live"]');
  const makeLink = async (name: string, unitId: string | null = null): Promise<MadeLink> =>
    (await gateway.send('POST', '/api/v1/links', { kind: 'wall', name, unitId })).json() as Promise<MadeLink>;
  const revoke = ({ link }: MadeLink) => gateway.send('DELETE', `/api/v1/links/${link.id}`);
  const sessionsOf = async (name: string) =>
    (await gateway.getJson<SessionItem[]>('/api/v1/sessions')).filter(({ account }) => account === name);
  const endSessionsOf = async (name: string) => {
    for (const { id } of await sessionsOf(name)) await gateway.send('DELETE', `/api/v1/sessions/${id}`);
  };

  beforeAll(async () => {
    [browser, gateway] = await Promise.all([launchBrowser(), startGateway()]);
    await gateway.add((org) => {
      org.unit('city', '菏泽市');
      for (const hall of ['north', 'south']) {
        org.unit(hall, `${hall}便民服务中心`, 'city');
        org.window(`${hall}-1`, hall, `${hall}窗口1`);
      }
      north = org.terminal('t-north', 'north-1');
    });
    lin = await addPerson(gateway, 'lin', { displayName: '林芳' });
  });
  afterEach(async () => {
    await Promise.allSettled(pages.splice(0).map((page) => page.close()));
    await endSessionsOf('lin');
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.dispose();
  });

  it('signs out from the wall, and is out', async () => {
    const { page, complaints } = await openAs(lin, '/wall/');
    await isLive(page);
    await page.getByTestId('account-menu').getByRole('button').first().click();
    await page.getByRole('button', { name: '退出登录' }).click();
    await page.getByTestId('notice-signed-out').waitFor();
    expect(await sessionsOf('lin')).toEqual([]);
    await page.goto(`${gateway.httpUrl}/wall/`);
    await page.waitForURL('**/sign-in/?next=%2Fwall%2F');
    expect(complaints).toEqual([]);
  });

  it.each([-5, 5])(
    'tells ages by the gateway where the clock of the desk is off by %d hours',
    async (hours) => {
      const { page } = await openAs(lin, '/account/', { before: (opened) => setClock(opened, hours) });
      await page.locator('[data-testid="session"][data-current="true"]').waitFor();
      expect(await page.locator('[data-current="true"] dl').textContent()).toContain('最近使用刚刚');
    },
  );

  it('tells who looks at the wall that the session was ended elsewhere, and then why it asks again', async () => {
    const { page } = await openAs(lin, '/wall/');
    await isLive(page);
    await endSessionsOf('lin');
    await page.getByTestId('session-banner').waitFor();
    expect(await page.getByTestId('session-banner').textContent()).toContain('登录已结束');
    await page.getByTestId('notice-session-ended').waitFor();
    expect(page.url()).toContain('next=%2Fwall%2F');
  });

  it('shows alerts on the wall to whoever may see them, in both languages, and none on a screen', async () => {
    const quiet = await openAs(lin, '/wall/');
    await isLive(quiet.page);
    const count = quiet.page.getByTestId('alerts-count');
    await count.waitFor();
    expect(await count.textContent()).toBe('暂无告警');
    await gateway.send('POST', '/api/v1/alert-rules', {
      ...{ unit: 'north', reason: 'test' },
      settings: { unsatisfied: { closesAfterMinutes: 60, isUrgent: true } },
    });
    const counter = await openCounter(gateway.mqttPort, north);
    await counter.press('unsatisfied');
    const alert = quiet.page.getByTestId('alert');
    await alert.waitFor();
    expect(await alert.textContent()).toMatch(/^不满意评价north便民服务中心north窗口1\d\d:\d\d 起紧急$/);
    expect(await count.textContent()).toBe('1 条未受理');
    await quiet.page.getByRole('button', { name: 'EN' }).click();
    expect(await alert.textContent()).toMatch(/^Unsatisfied vote.*since \d\d:\d\durgent$/);
    const { page } = await open((await makeLink('大厅大屏')).address);
    await isLive(page);
    await page.getByTestId('ticker-item').first().waitFor();
    expect(await page.getByTestId('alerts').count()).toBe(0);
    const [{ id } = { id: '' }] = (await gateway.getJson<{ alerts: { id: string }[] }>('/api/v1/alerts'))
      .alerts;
    await gateway.send('POST', `/api/v1/alerts/${id}/acknowledge`, {});
    await until(
      'that it is seen to',
      async () => (await alert.getAttribute('data-state')) === 'acknowledged',
    );
    await gateway.send('POST', `/api/v1/alerts/${id}/close`, { reason: 'done' });
    await until('its end', async () => (await alert.count()) === 0);
    await counter.leave();
    expect(quiet.complaints).toEqual([]);
  });

  it('opens a wall by its link, keeps the token out of the address bar, and is nobody', async () => {
    const made = await makeLink('一楼大屏');
    const { page, complaints } = await open(made.address);
    await isLive(page);
    expect(page.url()).toBe(`${gateway.httpUrl}/wall/`);
    expect(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))).not.toContain(
      made.token,
    );
    expect(await page.getByTestId('account-menu').count()).toBe(0);
    await page.reload();
    await isLive(page);
    // As at every start of a kiosk.
    await page.goto('about:blank');
    await page.goto(made.address);
    await isLive(page);
    expect(complaints).toEqual([]);
  });

  it('shows a wall by a link to one unit as the wall of that unit', async () => {
    const { address } = await makeLink('北厅大屏', 'north');
    const { page } = await open(address);
    await isLive(page);
    expect(await page.locator('h1').textContent()).toContain('north便民服务中心');
    const tiles = page.getByTestId('window-tile');
    await until('its only tile', async () => (await tiles.count()) === 1);
    expect(await tiles.first().getAttribute('data-window-id')).toBe('north-1');
  });

  it('says on the wall that its link was revoked, and comes back by itself when it is let in', async () => {
    const made = await makeLink('二楼大屏');
    const { page, complaints } = await open(made.address);
    await isLive(page);
    await revoke(made);
    await page.getByTestId('link-dead').waitFor();
    expect(await page.getByTestId('link-dead').textContent()).toContain('此大屏链接已失效，请联系管理员');
    expect(await page.getByTestId('link-dead').textContent()).toContain('二楼大屏');
    await page.reload();
    await page.getByTestId('link-dead').waitFor();
    await page.getByRole('button', { name: 'EN', exact: true }).click();
    expect(await page.locator('h2').textContent()).toBe(
      'This link no longer opens the wall: ask an administrator',
    );
    const { token } = await makeLink('二楼大屏');
    const opened = await page.request.post(`${gateway.httpUrl}/api/v1/session`, {
      data: { linkToken: token },
    });
    expect(opened.status()).toBe(200);
    await page.waitForSelector(':root[data-connection="live"]', { timeout: 40_000 });
    expect(complaints).toEqual([]);
  });

  it('takes another link that is opened in the same tab', async () => {
    const [first, second] = [await makeLink('旧大屏'), await makeLink('新大屏', 'south')];
    const { page } = await open(first.address);
    await isLive(page);
    await page.evaluate((token) => location.assign(`#token=${token}`), second.token);
    await until('the other wall', async () =>
      (await page.locator('h1').textContent())?.includes('south便民服务中心'),
    );
    expect(page.url()).toBe(`${gateway.httpUrl}/wall/`);
  });

  it('shows a wrong link as what it is, and lets people sign in instead', async () => {
    const { page } = await open('/wall/#token=manyi_l_nobody');
    await page.getByTestId('link-dead').getByRole('link').click();
    await page.getByTestId('notice-link-revoked').waitFor();
    await page.locator('[name=name]').fill(lin.name);
    await page.locator('[name=password]').fill(lin.password);
    await page.locator('[type=submit]').click();
    await isLive(page);
    expect(await page.getByTestId('account-menu').textContent()).toContain('林芳');
  });

  it('keeps a wall of a link through a restart of the gateway', async () => {
    const wall = await openWall(browser, gateway);
    pages.push(wall);
    await wall.waitForConnection('live');
    await gateway.kill();
    await wall.waitForConnection('lost');
    await gateway.start();
    await wall.waitForConnection('live');
    expect(await wall.page.getAttribute('html', 'data-session')).toBe('open');
  });

  it('tells a unit manager who they are, in words', async () => {
    const manager = await addPerson(gateway, 'wang', {
      displayName: '王强',
      role: 'unit-manager',
      unitId: 'north',
    });
    const { page } = await openAs(manager, '/account/');
    const identity = page.locator('.card-identity');
    await until('the unit', async () => (await identity.textContent())?.includes('north便民服务中心'));
    expect(await identity.textContent()).toContain('单位负责人');
    await page.getByRole('button', { name: 'EN', exact: true }).click();
    expect(await identity.textContent()).toContain('Unit manager');
  });

  it('ends one session or all others, and leaves this one', async () => {
    const [elsewhere] = [await openAs(lin, '/wall/'), await openAs(lin, '/wall/')];
    const { page, complaints } = await openAs(lin, '/account/');
    const rows = page.getByTestId('session');
    await until('three sessions', async () => (await rows.count()) === 3);
    expect(await rows.first().textContent()).toContain('本设备');
    await rows.nth(1).getByRole('button').click();
    await until('two sessions', async () => (await rows.count()) === 2);
    await page.getByTestId('end-others').click();
    await until('one session', async () => (await rows.count()) === 1);
    await elsewhere.page.getByTestId('notice-session-ended').waitFor();
    expect((await sessionsOf('lin')).length).toBe(1);
    expect(await page.getByTestId('notice-ended').count()).toBe(1);
    expect(complaints).toEqual([]);
  });

  it('changes the password, which ends the other sessions', async () => {
    const chen = await addPerson(gateway, 'chen');
    const elsewhere = await openAs(chen, '/wall/');
    await isLive(elsewhere.page);
    const { page } = await openAs(chen, '/account/');
    await page.locator('[name=current]').fill(chen.password);
    await page.locator('[name=next]').fill('another-lamp-at-the-river');
    await page.locator('[name=repeat]').fill('another-lamp-at-the-river');
    await page.locator('.card-password [type=submit]').click();
    await page.getByTestId('notice-changed').waitFor();
    await elsewhere.page.getByTestId('notice-session-ended').waitFor();
    await gateway.signIn('chen', 'another-lamp-at-the-river');
    await expect(gateway.signIn('chen', chen.password)).rejects.toThrow(/401/);
  });

  it('leads an account page without a session to the sign-in page, and back', async () => {
    const { page } = await open('/account/');
    await page.waitForURL('**/sign-in/?next=%2Faccount%2F');
  });
});
