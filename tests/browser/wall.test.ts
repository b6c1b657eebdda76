import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findBrowser, launchBrowser, type OpenedWall, openWall, setClock } from '../support/browser.ts';
import { startGateway, type TerminalLogin, type TestGateway } from '../support/gateway.ts';
import { until } from '../support/wait.ts';
import { type Counter, openCounter, times } from './counter.ts';

const missing = findBrowser() === null && process.env.CI === undefined;
if (missing) console.warn('SKIPPED: no Chromium, so nobody has looked at the wall');

describe.skipIf(missing)('the wall', () => {
  let browser: Browser;
  let gateway: TestGateway;
  const logins = new Map<string, TerminalLogin>();
  const counters: Counter[] = [];
  const walls: OpenedWall[] = [];

  const open = async (
    ...options: Parameters<typeof openWall> extends [unknown, unknown, ...infer R] ? R : never
  ) => {
    const wall = await openWall(browser, gateway, ...options);
    walls.push(wall);
    return wall;
  };
  const openLive = async (...options: Parameters<typeof open>) => {
    const wall = await open(...options);
    await wall.waitForConnection('live');
    return wall;
  };
  const counterAt = async (windowId: string) => {
    const counter = await openCounter(gateway.mqttPort, logins.get(windowId) as TerminalLogin);
    counters.push(counter);
    return counter;
  };
  const votesAt = (wall: OpenedWall, windowId: string, votes: number) =>
    until(`${votes} votes at ${windowId}`, async () => (await wall.tile(windowId))?.votes === votes);

  beforeAll(async () => {
    [browser, gateway] = await Promise.all([launchBrowser(), startGateway()]);
  });
  afterEach(async () => {
    await Promise.allSettled(counters.splice(0).map((counter) => counter.leave()));
    await Promise.allSettled(walls.splice(0).map((wall) => wall.close()));
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.dispose();
  });

  it('says how to begin while there is nothing to show, and shows what is added by itself', async () => {
    const wall = await openLive();
    expect(await wall.text('empty')).toContain('npm run --silent manyi -- unit add --name');
    await gateway.add((org) => {
      org.unit('district', '菏泽市曹州区');
      for (const hall of ['north', 'south']) org.unit(hall, `${hall}便民服务中心`, 'district');
      for (const [id, hall] of [
        ['n1', 'north'],
        ['n2', 'north'],
        ['s1', 'south'],
      ] as const) {
        org.window(id, hall, `社保综合窗口${id}`);
        logins.set(id, org.terminal(`t-${id}`, id));
      }
    });
    await until('three tiles', async () => (await wall.page.getByTestId('window-tile').count()) === 3);
    expect(await wall.page.locator('h1').textContent()).toContain('菏泽市曹州区');
    expect(await wall.text('city-rate')).toBe('暂无评价');
    expect(wall.complaints).toEqual([]);
  });

  it('shows a vote within a second, on its own tile and on no other', async () => {
    const wall = await openLive();
    const counter = await counterAt('n1');
    await until('n1 online', async () => (await wall.tile('n1'))?.online);
    await wall.page.evaluate(() => {
      const other = document.querySelector('[data-window-id="s1"]') as Element;
      new MutationObserver(() => other.setAttribute('data-touched', '')).observe(other, {
        subtree: true,
        childList: true,
        characterData: true,
        attributeFilter: ['data-votes'],
      });
    });
    await counter.press('unsatisfied');
    const stored = performance.now();
    await votesAt(wall, 'n1', 1);
    expect(performance.now() - stored).toBeLessThan(1_000);
    expect(await wall.text('ticker-item')).toContain('不满意');
    expect(await wall.page.locator('[data-window-id="s1"][data-touched]').count()).toBe(0);
    expect((await wall.tile('n1'))?.text).toContain('样本不足');
  });

  it('agrees with the API, and ranks only those with enough votes', async () => {
    const wall = await openLive();
    const [north, south] = [await counterAt('n1'), await counterAt('s1')];
    await north.press(...times(46, 'satisfied'), ...times(3, 'basically'));
    await south.press(...times(29, 'satisfied'));
    await votesAt(wall, 's1', 29);
    await votesAt(wall, 'n1', 50);
    const city = (await gateway.scores()).find(({ id }) => id === 'district');
    expect(city).toMatchObject({ votes: 79, proof: 'meets' });
    expect(city?.counts).toEqual({ satisfied: 75, basically: 3, unsatisfied: 1 });
    expect(await wall.text('city-votes')).toBe('79');
    expect(await wall.text('city-rate')).toBe('98.73%');
    expect(await wall.text('city-interval')).toBe('95% 区间 93.1%–99.7%');
    expect(await wall.text('city-unsatisfied')).toBe('1');
    expect(await wall.text('city-verdict')).toContain('已达标');
    const ranks = () => wall.page.getByTestId('unit-row').allInnerTexts();
    await until('a place', async () => /^第 1 位\s+north/.test((await ranks())[0] ?? ''));
    const [, second = ''] = await ranks();
    expect(second).toMatch(/^–\s+south/);
    expect(second).toContain('样本不足');
    const row = wall.page.getByTestId('unit-row').first();
    expect(await row.getAttribute('data-proof')).toBe('meets');
    expect(await row.getByRole('img', { name: '已达标' }).count()).toBe(1);
    expect((await wall.tile('s1'))?.text).toContain('样本不足');
  });

  it('says what is still on its way', async () => {
    const wall = await openLive();
    const counter = await counterAt('n2');
    await counter.withhold(3, 'basically');
    await until('the note', async () => (await wall.tile('n2'))?.text.includes('3 票在途'));
  });

  it('greys a silent window and says since when', async () => {
    const wall = await openLive();
    const counter = await counterAt('s1');
    await until('s1 online', async () => (await wall.tile('s1'))?.online);
    await counter.leave();
    await until('s1 offline', async () => (await wall.tile('s1'))?.online === false);
    expect((await wall.tile('s1'))?.text).toMatch(/离线 自 \d\d:\d\d/);
    await counterAt('s1');
    await until('s1 online again', async () => (await wall.tile('s1'))?.online);
  });

  it('says that the gateway is lost, and comes back by itself with what happened meanwhile', async () => {
    const wall = await openLive();
    const before = (await wall.tile('n1'))?.votes ?? Number.NaN;
    await gateway.kill();
    await wall.waitForConnection('lost');
    expect(await wall.text('lost-banner')).toMatch(/自 \d\d:\d\d:\d\d 起/);
    expect((await wall.tile('n1'))?.votes).toBe(before);
    await gateway.start();
    const counter = await counterAt('n1');
    await counter.press('satisfied', 'satisfied');
    await wall.waitForConnection('live');
    await votesAt(wall, 'n1', before + 2);
    expect(await wall.page.getByTestId('lost-banner').count()).toBe(0);
  });

  it('shows the time of the gateway, and stays live, whatever is done to the clock of the kiosk', async () => {
    let asked = 0;
    const wall = await openLive({
      before: async (page) => {
        await setClock(page, -30);
        page.on('websocket', (socket) =>
          socket.on('framesent', ({ payload }) => {
            if (String(payload).includes('resync')) asked += 1;
          }),
        );
      },
    });
    const seconds = async () => {
      const [shown = ''] = await wall.page.locator('.clock-time').allTextContents();
      const [hour = 0, minute = 0, second = 0] = shown.split(':').map(Number);
      // The gateway's zone has whole hours.
      return ((hour * 60 + minute) * 60 + second) % 3_600;
    };
    const isRight = async () => {
      const off = (await seconds()) - (Math.floor(Date.now() / 1_000) % 3_600);
      return Math.min(Math.abs(off), 3_600 - Math.abs(off)) <= 2;
    };
    expect(await isRight()).toBe(true);
    await wall.page.evaluate(() => {
      const { dataset } = document.documentElement;
      new MutationObserver(() => (dataset.seen = `${dataset.seen ?? ''} ${dataset.connection}`)).observe(
        document.documentElement,
        { attributeFilter: ['data-connection'] },
      );
      // Set while it runs: it may have slept, so it asks.
      Object.assign(window, { clockOffMs: 7 * 3_600_000 });
    });
    await until('it asks', () => asked > 0);
    const counter = await counterAt('n2');
    const before = (await wall.tile('n2'))?.votes ?? Number.NaN;
    await counter.press('satisfied');
    await votesAt(wall, 'n2', before + 1);
    expect(await wall.text('ticker-item')).toMatch(/刚刚|\d 秒前/);
    expect(await isRight()).toBe(true);
    expect((await wall.page.getAttribute('html', 'data-seen')) ?? '').not.toContain('lost');
  });

  it('asks for a snapshot when a patch went missing', async () => {
    let dropped = 0;
    let asked = 0;
    const wall = await openLive({
      before: (page) =>
        page.routeWebSocket('**/api/v1/live?*', (socket) => {
          const server = socket.connectToServer();
          socket.onMessage((message) => {
            if (String(message).includes('resync')) asked += 1;
            server.send(message);
          });
          server.onMessage((message) => {
            const drop =
              dropped === 0 && String(message).includes('"ticker":[{') && String(message).includes('"patch"');
            if (drop) dropped += 1;
            else socket.send(message);
          });
        }),
    });
    const before = (await wall.tile('n1'))?.votes ?? Number.NaN;
    const counter = await counterAt('n1');
    await counter.press('satisfied');
    await until('a patch to be dropped', () => dropped === 1);
    await counter.press('satisfied');
    await votesAt(wall, 'n1', before + 2);
    expect(asked).toBeGreaterThan(0);
  });

  it('does not take a silent socket for a good one', async () => {
    let mute = false;
    let sockets = 0;
    const wall = await openLive({
      before: (page) =>
        page.routeWebSocket('**/api/v1/live?*', (socket) => {
          sockets += 1;
          const isFirst = sockets === 1;
          socket.connectToServer().onMessage((message) => {
            if (!(isFirst && mute)) socket.send(message);
          });
        }),
    });
    // It may be lost for a few milliseconds only, so every state is noted as it comes.
    await wall.page.evaluate(() => {
      const root = document.documentElement;
      new MutationObserver(() => {
        root.dataset.seen = `${root.dataset.seen ?? ''} ${root.dataset.connection}`;
      }).observe(root, { attributeFilter: ['data-connection'] });
    });
    mute = true;
    const seen = () => wall.page.getAttribute('html', 'data-seen');
    await until('lost, then live', async () => /lost.*live/.test((await seen()) ?? ''), {
      timeoutMs: 30_000,
    });
    expect(sockets).toBeGreaterThan(1);
  });

  it('speaks English when asked, by address and by keyboard, and remembers it', async () => {
    const wall = await openLive({ search: '?lang=en' });
    expect(await wall.page.locator('h2').first().textContent()).toBe('Satisfaction rate today');
    const press = async (label: string) => {
      await wall.page.getByRole('button', { name: label, exact: true }).focus();
      await wall.page.keyboard.press('Enter');
    };
    await press('中文');
    expect(await wall.page.getAttribute('html', 'lang')).toBe('zh-CN');
    await press('EN');
    await wall.page.goto(`${gateway.httpUrl}/wall/`);
    await wall.waitForConnection('live');
    expect(await wall.page.getAttribute('html', 'lang')).toBe('en');
  });

  it.each([
    [1920, 1080],
    [3840, 2160],
    [1366, 768],
  ])('shows 60 windows at %d × %d without scrolling', async (width, height) => {
    const existing = await gateway.scores();
    const have = existing.filter(({ kind }) => kind === 'window').length;
    if (have < 60) {
      await gateway.add((org) => {
        for (let added = have; added < 60; added += 1)
          org.window(`x${added}`, 'south', `医保报销窗口${added}`);
      });
    }
    const wall = await openLive({ width, height });
    await until('60 tiles', async () => (await wall.page.getByTestId('window-tile').count()) === 60);
    const outside = await wall.page.evaluate(() => {
      const { scrollWidth, scrollHeight } = document.documentElement;
      const tiles = [...document.querySelectorAll('[data-testid="window-tile"]')];
      const hidden = tiles.filter((tile) => {
        const { right, bottom } = tile.getBoundingClientRect();
        return right > innerWidth || bottom > innerHeight;
      });
      return { hidden: hidden.length, scrolls: scrollWidth > innerWidth || scrollHeight > innerHeight };
    });
    expect(outside).toEqual({ hidden: 0, scrolls: false });
    expect(wall.complaints).toEqual([]);
  });

  it('pages through 300 windows, by key too', async () => {
    await gateway.add((org) => {
      for (let added = 60; added < 300; added += 1) org.window(`x${added}`, 'south', `税务综合窗口${added}`);
    });
    const wall = await openLive();
    const ids = async () =>
      wall.page
        .getByTestId('window-tile')
        .evaluateAll((tiles) => tiles.map((tile) => tile.getAttribute('data-window-id')));
    // Added one by one: the wall may have seen some before the others.
    const count = wall.page.locator('.windows .panel-count');
    await until('all windows', async () => (await count.textContent()) === '300 个');
    await until('five pages', async () => (await wall.text('pages')).includes('1 / 5'));
    const seen = new Set<string | null>();
    for (let page = 1; page <= 5; page += 1) {
      await until(`page ${page}`, async () => (await wall.text('pages')).includes(`${page} / 5`));
      for (const id of await ids()) seen.add(id);
      await wall.page.keyboard.press('ArrowRight');
    }
    expect(seen.size).toBe(300);
    await until('the first page again', async () => (await wall.text('pages')).includes('1 / 5'));
  });

  it('stacks on a phone without a sideways scroll', async () => {
    const wall = await openLive({ width: 390, height: 844 });
    const width = await wall.page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(390);
    expect(await wall.page.getByTestId('window-tile').count()).toBeGreaterThan(0);
  });
});
