/** What the wall says beside its figures, on a gateway with the limits that it is delivered with. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findBrowser, launchBrowser, openWall } from '../support/browser.ts';
import { manyi } from '../support/cli.ts';
import { startGateway, type TerminalLogin, type TestGateway } from '../support/gateway.ts';
import { until } from '../support/wait.ts';
import { type Counter, openCounter, times } from './counter.ts';
import { findFaults } from './looks.ts';

const missing = findBrowser() === null && process.env.CI === undefined;
if (missing) console.warn('SKIPPED: no Chromium, so nobody has read what the wall says');

const NAMES = '.tile-name, .tile-unit, .rank-name, .ticker-window, .mark-city, .tile-notes';
const WINDOWS = ['held', 'silent', 'away', 'excluded', 'clock', 'well'];

describe.skipIf(missing)('what the wall says beside its figures', () => {
  let browser: Browser;
  let gateway: TestGateway;
  const logins = new Map<string, TerminalLogin>();
  const counters = new Map<string, Counter>();
  const at = (id: string) => counters.get(id) as Counter;
  const row = async (id: string) => (await gateway.scores()).find((one) => one.id === id);

  beforeAll(async () => {
    [browser, gateway] = await Promise.all([
      launchBrowser(),
      startGateway({ env: { MANYI_VOTES_PER_MINUTE: '30' } }),
    ]);
    await gateway.add((org) => {
      org.unit('city', '云岭市');
      for (const hall of ['north', 'south']) org.unit(hall, `${hall}便民服务中心`, 'city');
      for (const [position, id] of WINDOWS.entries()) {
        org.window(id, position < 3 ? 'north' : 'south', `${id}窗口`);
        logins.set(id, org.terminal(`t-${id}`, id));
      }
      // One of two terminals is silent: the window goes on, and what the other takes is not known.
      logins.set('silent-2', org.terminal('t-silent-2', 'silent'));
    });
    for (const [id, login] of logins) counters.set(id, await openCounter(gateway.mqttPort, login));
    for (const id of logins.keys()) await at(id).press(...times(12, 'satisfied'));
    await at('held').press(...times(90, 'unsatisfied'));
    await at('silent-2').leave();
    await at('away').say('health', {
      ...{ uptimeS: 60, inputs: [] },
      clock: 'ntp',
      journal: {
        ...{ depth: 0, kept: 12 },
        setAside: [{ id: '0a1b2c3d', at: Date.now(), reason: 'corrupt', unsent: 12 }],
      },
    });
    await at('clock').greet({ time: Date.now() + 3_600_000, mono: 5_000 });
    const span = [
      '--from',
      new Date(Date.now() - 600_000).toISOString(),
      '--to',
      new Date(Date.now() + 600_000).toISOString(),
    ];
    const { code, err } = await manyi(
      gateway.dataDir,
      ...['votes', 'exclude', '--terminal', 't-excluded', ...span, '--reason', '证书被盗'],
    );
    expect([code, err]).toEqual([0, '']);
    await until('all of it', async () => {
      const [held, silent, away, excluded, clock] = await Promise.all(WINDOWS.slice(0, 5).map(row));
      return (
        (held?.completeness.held ?? 0) > 0 &&
        silent?.completeness.since !== null &&
        away?.completeness.setAside === 12 &&
        excluded?.excluded?.satisfied === 12 &&
        clock?.terminals.clockApart === 1
      );
    });
  });
  afterAll(async () => {
    await Promise.allSettled([...counters.values()].map((counter) => counter.leave()));
    await browser?.close();
    await gateway?.dispose();
  });

  it.each([
    ['zh-CN', 1920, 1080],
    ['en', 1920, 1080],
    ['en', 1366, 768],
    ['zh-CN', 390, 844],
    ['en', 390, 844],
  ])(
    '%s at %d × %d: in words and shapes, for windows, units and the city',
    async (language, width, height) => {
      const wall = await openWall(browser, gateway, { width, height, search: `?lang=${language}` });
      await wall.waitForConnection('live');
      await until(
        'the tiles',
        async () => (await wall.page.getByTestId('window-tile').count()) === WINDOWS.length,
      );
      const notesOf = (selector: string) =>
        wall.page.locator(`${selector} .note`).evaluateAll((notes) =>
          notes.map((note) => ({
            kind: (note as HTMLElement).dataset.note as string,
            words: note.getAttribute('title') ?? note.textContent,
          })),
        );
      const tile = async (id: string) => notesOf(`[data-window-id="${id}"][data-testid="window-tile"]`);
      const held = (await row('held'))?.completeness.held as number;
      const chinese = language === 'zh-CN';
      const said = {
        held: chinese ? `${held} 票待审核` : `${held} held for review`,
        unknown: expect.stringMatching(chinese ? /^\d\d:\d\d 起未知$/ : /^Unknown since \d\d:\d\d$/),
        away: chinese ? '12 票在封存日志中' : '12 in a put-away journal',
        excluded: chinese ? '已剔除 12 票' : '12 excluded',
        clock: chinese ? '1 台终端时钟不符' : '1 clock disagrees',
        complete: chinese ? '数据完整' : 'Complete',
      };
      expect(await tile('held')).toEqual([{ kind: 'held', words: said.held }]);
      expect(await tile('silent')).toContainEqual({ kind: 'unknown', words: said.unknown });
      expect(await tile('away')).toEqual([{ kind: 'set-aside', words: said.away }]);
      expect(await tile('excluded')).toContainEqual({ kind: 'excluded', words: said.excluded });
      expect(await tile('clock')).toContainEqual({ kind: 'clock', words: said.clock });
      expect(await tile('well')).toEqual([{ kind: 'complete', words: said.complete }]);
      const city = await notesOf('[data-testid="city-notes"]');
      expect(city).toEqual([
        { kind: 'held', words: said.held },
        { kind: 'set-aside', words: said.away },
        { kind: 'unknown', words: said.unknown },
        { kind: 'clock', words: said.clock },
        { kind: 'excluded', words: said.excluded },
      ]);
      const north = (await notesOf('[data-unit-id="north"]')).map(({ kind }) => kind);
      expect(north).toEqual(['held', 'set-aside', 'unknown', 'offline']);
      expect((await notesOf('[data-unit-id="south"]')).map(({ kind }) => kind)).toEqual([
        'clock',
        'excluded',
      ]);
      expect(await findFaults(wall.page, width > 900 ? NAMES : '')).toEqual({
        overlaps: [],
        cut: [],
        sideways: [],
      });
      expect(wall.complaints).toEqual([]);
      await wall.close();
    },
  );

  it('on paper and in forced colours: every text is told from its ground, every shape is there', async () => {
    const wall = await openWall(browser, gateway);
    await wall.waitForConnection('live');
    const groundOf = (selector: string) =>
      wall.page
        .locator(selector)
        .first()
        .evaluate((element) => {
          const { backgroundColor, backgroundImage } = getComputedStyle(element);
          return [backgroundColor, backgroundImage];
        });
    await wall.page.emulateMedia({ forcedColors: 'active' });
    const ink = await wall.page.evaluate(
      () => getComputedStyle(document.querySelector('h1') as Element).color,
    );
    const shape = await wall.page.evaluate(
      () =>
        getComputedStyle(document.querySelector('.note[data-note="held"]') as Element, '::before')
          .backgroundColor,
    );
    expect(shape).toBe(ink);
    expect(await groundOf('.target-scale i')).toEqual([ink, 'none']);
    expect(
      await wall.page.evaluate(
        () => getComputedStyle(document.querySelector('.city-rate') as Element).forcedColorAdjust,
      ),
    ).toBe('none');
    await wall.page.emulateMedia({ forcedColors: 'none', media: 'print' });
    await until('paper', async () => (await wall.page.getAttribute('html', 'data-layout')) === 'stacked');
    await at('well').leave();
    await until('grey', async () => (await wall.tile('well'))?.online === false);
    expect(await groundOf('[data-window-id="well"].tile')).toEqual(['rgba(0, 0, 0, 0)', 'none']);
    expect(await findFaults(wall.page)).toEqual({ overlaps: [], cut: [], sideways: [] });
    await wall.close();
  });
});
