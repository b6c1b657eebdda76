/** What an eye would find wrong with a page: text on other text, text that is cut off, a sideways scroll. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { findBrowser, QUIET } from '../support/browser.ts';

export type Faults = { overlaps: string[]; cut: string[]; sideways: string[] };

/** Of all text that is rendered, in sight or further down. `mayEnd`: selectors of what may end in an ellipsis. */
export function findFaults(page: Page, mayEnd = ''): Promise<Faults> {
  return page.evaluate((ellipsisAllowed) => {
    type Box = { left: number; right: number; top: number; bottom: number };
    type Piece = { owner: Element; box: Box; text: string };
    /** Where its letters are: a line is half air; and only what is not clipped away. */
    const visible = (line: DOMRect, owner: Element): Box | null => {
      const air = line.height * 0.22;
      const box = { left: line.left, right: line.right, top: line.top + air, bottom: line.bottom - air };
      for (let around: Element | null = owner; around !== null; around = around.parentElement) {
        if (around === document.body || getComputedStyle(around).overflowX === 'visible') continue;
        const frame = around.getBoundingClientRect();
        box.left = Math.max(box.left, frame.left);
        box.right = Math.min(box.right, frame.right);
        box.top = Math.max(box.top, frame.top);
        box.bottom = Math.min(box.bottom, frame.bottom);
      }
      return box.right - box.left > 1 && box.bottom - box.top > 1 ? box : null;
    };
    const pieces: Piece[] = [];
    const cut: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const owner = node.parentElement;
      const text = node.textContent?.trim() ?? '';
      if (owner === null || text === '' || !owner.checkVisibility({ visibilityProperty: true })) continue;
      if (owner.closest('script, style, noscript, svg, [hidden]')) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const whole of range.getClientRects()) {
        const box = visible(whole, owner);
        if (box !== null) pieces.push({ owner, box, text });
      }
      const all = range.getBoundingClientRect();
      for (
        let around: Element | null = owner;
        around !== null && around !== document.body;
        around = around.parentElement
      ) {
        const style = getComputedStyle(around);
        if (
          style.overflowX === 'visible' &&
          style.overflowY === 'visible' &&
          !style.contain.includes('strict')
        )
          continue;
        const frame = around.getBoundingClientRect();
        const sides = all.left < frame.left - 1.5 || all.right > frame.right + 1.5;
        // The room above and below the letters may be clipped: a quarter of the line is air.
        const air = Math.max(2, Number.parseFloat(getComputedStyle(owner).fontSize) * 0.3);
        const ends = all.top < frame.top - air || all.bottom > frame.bottom + air;
        const told = ellipsisAllowed !== '' && owner.closest(ellipsisAllowed) !== null;
        if (ends || (sides && !told)) cut.push(`${text} in ${around.className || around.tagName}`);
      }
    }
    const overlaps: string[] = [];
    for (const [at, one] of pieces.entries()) {
      for (const other of pieces.slice(at + 1)) {
        if (one.owner === other.owner) continue;
        const width = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
        const height = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
        if (width > 2 && height > 1) overlaps.push(`${one.text} × ${other.text}`);
      }
    }
    const { scrollWidth, clientWidth } = document.documentElement;
    const beyond = pieces.filter(({ box }) => box.right > clientWidth + 1).map(({ text }) => text);
    return { overlaps, cut, sideways: scrollWidth > clientWidth + 1 ? beyond : [] };
  }, mayEnd);
}

export type Zoomed = { context: BrowserContext; close(): Promise<void> };

/** A browser in which a person has zoomed every page, or set ordinary text to another size, in the browser's own settings. */
export async function launchZoomed(
  width: number,
  height: number,
  { zoom = 1, textPx = 16 }: { zoom?: number; textPx?: number },
): Promise<Zoomed> {
  const folder = mkdtempSync(join(tmpdir(), 'manyi-browser-'));
  mkdirSync(join(folder, 'Default'));
  // Chromium keeps a zoom as a power of 1.2.
  const level = Math.log(zoom) / Math.log(1.2);
  const preferences = {
    partition: { default_zoom_level: { x: level } },
    webkit: { webprefs: { default_font_size: textPx } },
  };
  writeFileSync(join(folder, 'Default', 'Preferences'), JSON.stringify(preferences));
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: findBrowser() as string,
    args: [...QUIET, `--window-size=${width},${height}`],
    viewport: null,
    locale: 'zh-CN',
  });
  return {
    context,
    async close() {
      await context.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
