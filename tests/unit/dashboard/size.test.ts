import { describe, expect, it } from 'vitest';
import { formLayoutOf } from '../../../dashboard/src/parts/form-layout.ts';
import { scaleOf } from '../../../dashboard/src/parts/scale.ts';
import { layoutOf } from '../../../dashboard/src/wall/layout.ts';

/** A window `outer` px wide on a screen of `density`, zoomed by `zoom`, with a panel of `panel` px at its side. */
const viewing = (outer: number, zoom = 1, { density = 1, panel = 0, mediumPx = 16 } = {}) => ({
  outerWidth: outer,
  innerWidth: Math.round((outer - panel) / zoom),
  devicePixelRatio: density * zoom,
  mediumPx,
});

describe('what the person has enlarged', () => {
  it.each([1.1, 1.25, 1.5, 1.75, 2, 2.5, 3, 4, 5])('is found out: %d times', (zoom) => {
    for (const width of [1280, 1366, 1920, 3840]) expect(scaleOf(viewing(width, zoom))).toBe(zoom);
    expect(scaleOf(viewing(1920, zoom, { density: 2 }))).toBe(zoom);
  });

  it('is not seen where something stands at the side of the page, or the page is made small', () => {
    for (const panel of [0, 175, 384, 640, 960, 1200]) expect(scaleOf(viewing(1920, 1, { panel }))).toBe(1);
    expect(scaleOf(viewing(1920, 0.5))).toBe(1);
    expect(scaleOf({ ...viewing(0), innerWidth: 1920 })).toBe(1);
  });

  it('is what the browser is set to for text, too', () => {
    expect(scaleOf(viewing(1920, 1, { mediumPx: 24 }))).toBe(1.5);
    expect(scaleOf(viewing(1920, 2, { mediumPx: 20 }))).toBe(2.5);
    expect(scaleOf(viewing(1920, 1, { mediumPx: 9 }))).toBe(1);
  });
});

describe('the layout', () => {
  it.each([
    [1920, 1080, 1, 'board'],
    [3840, 2160, 1, 'board'],
    [1366, 768, 1, 'board'],
    [1280, 720, 1, 'board'],
    [2560, 1080, 1, 'board'],
    [1745, 982, 1.1, 'board'],
    [1920, 1080, 2, 'stacked'],
    [960, 540, 2, 'stacked'],
    // Not known to be zoomed.
    [960, 540, 1, 'stacked'],
    [640, 360, 2, 'stacked'],
    [390, 844, 1, 'stacked'],
    [1080, 1920, 1, 'stacked'],
  ])('of a wall of %d × %d at %d is %s', (width, height, scale, layout) => {
    expect(layoutOf(width, height, scale)).toBe(layout);
  });

  it.each([
    [1920, 1080, 1, 'wide'],
    [3840, 2160, 1, 'wide'],
    [1280, 720, 1, 'wide'],
    [1920, 1080, 2, 'stacked'],
    [960, 540, 2, 'stacked'],
    [640, 360, 1, 'stacked'],
    [390, 844, 1, 'stacked'],
  ])('of a form on %d × %d at %d is %s', (width, height, scale, layout) => {
    expect(formLayoutOf(width, height, scale, 16)).toBe(layout);
  });
});
