/** A wall that stands where votes are pressed: what it is not shown it does not call nothing. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findBrowser, launchBrowser, openPage } from '../support/browser.ts';
import { addLink } from '../support/client.ts';
import { startGateway, type TerminalLogin, type TestGateway } from '../support/gateway.ts';
import { until } from '../support/wait.ts';
import { openCounter } from './counter.ts';
import { findFaults } from './looks.ts';

const missing = findBrowser() === null && process.env.CI === undefined;
if (missing) console.warn('SKIPPED: no Chromium, so nobody has read what a wall at the counter says');

describe.skipIf(missing)('a wall of one unit', () => {
  let browser: Browser;
  let gateway: TestGateway;
  let address: string;
  beforeAll(async () => {
    [browser, gateway] = await Promise.all([launchBrowser(), startGateway()]);
    let login: TerminalLogin | null = null;
    await gateway.add((org) => {
      org.unit('city', '云岭市');
      org.unit('hall', '云岭区人力资源和社会保障服务大厅', 'city');
      for (const id of ['w1', 'w2', 'w3', 'w4', 'w5']) org.window(id, 'hall', `社会保险综合窗口${id}`);
      login = org.terminal('t-1', 'w1');
    });
    const { token } = await addLink(gateway, { kind: 'wall', unitId: 'hall' });
    address = `${gateway.httpUrl}/wall/#token=${token}`;
    const counter = await openCounter(gateway.mqttPort, login as unknown as TerminalLogin);
    await counter.press('unsatisfied');
    const votes = async () => (await gateway.scores()).find(({ id }) => id === 'w1')?.votes;
    await until('the vote', async () => (await votes()) === 1);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await gateway?.dispose();
  });

  it.each([
    [
      'zh-CN',
      1920,
      1080,
      ['每 30 分钟公布', '尚未公布', '不逐条显示', '不按分钟显示'],
      /暂无评价|实时|数据完整/,
    ],
    [
      'zh-CN',
      390,
      844,
      ['每 30 分钟公布', '尚未公布', '不逐条显示', '不按分钟显示'],
      /暂无评价|实时|数据完整/,
    ],
    [
      'en-GB',
      1366,
      768,
      ['Every 30 min', 'Not shown yet', 'Single votes', 'by the minute'],
      /No votes|Complete/,
    ],
    [
      'zh-CN',
      3840,
      2160,
      ['每 30 分钟公布', '尚未公布', '不逐条显示', '不按分钟显示'],
      /暂无评价|实时|数据完整/,
    ],
  ] as const)(
    'in %s at %i × %i says how votes are shown, and no 0',
    async (locale, width, height, said, unsaid) => {
      const wall = await openPage(browser, address, { locale, width, height });
      await wall.page.waitForSelector(':root[data-connection="live"] .city-rate', { timeout: 30_000 });
      const text = (await wall.page.locator('.wall').textContent()) ?? '';
      for (const words of said) expect(text).toContain(words);
      expect(text).not.toMatch(unsaid);
      expect(await wall.text('city-votes')).toBe('–');
      expect(await wall.page.locator('.tile-counts').first().textContent()).not.toMatch(/\d/);
      const { overlaps, cut, sideways } = await findFaults(
        wall.page,
        '.tile-name, .tile-unit, .rank-name, .mark-city',
      );
      expect({ overlaps, cut, sideways }).toEqual({ overlaps: [], cut: [], sideways: [] });
      expect(wall.complaints).toEqual([]);
      await wall.close();
    },
  );
});
