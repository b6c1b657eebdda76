import { BarChart } from 'echarts/charts';
import { AriaComponent, GridComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import type { TrendMinute } from '../../../protocol/live.ts';
import type { Rating } from '../../../protocol/vote.ts';
import { formatMinute } from './times.ts';

use([BarChart, GridComponent, AriaComponent, CanvasRenderer]);

export type TrendChart = {
  draw(minutes: readonly TrendMinute[], timeZone: string): void;
  resize(): void;
  dispose(): void;
};

/** From the ground up: what went wrong stands on the common base line, where lengths compare best. */
const STACK: readonly Rating[] = ['unsatisfied', 'basically', 'satisfied'];
const TEN_MINUTES = 10;
/** One vote in a quiet hour must not look like a crowd. */
const LEAST_SCALE = 4;
/** The last minute is not over: it is short because it is young. */
const UNDER_WAY_OPACITY = 0.6;

/** Stacked bars a minute. Brightness and a hatch tell the ratings apart without colour. */
export function createTrendChart(place: HTMLElement): TrendChart {
  const chart = init(place, undefined, { renderer: 'canvas' });
  let last: { minutes: readonly TrendMinute[]; timeZone: string } | null = null;

  function draw(minutes: readonly TrendMinute[], timeZone: string): void {
    last = { minutes, timeZone };
    const style = getComputedStyle(place);
    const token = (name: string) => style.getPropertyValue(name).trim();
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    const label = { color: token('--ink-2'), fontSize: rem, fontFamily: style.fontFamily };
    chart.setOption({
      animation: false,
      aria: { enabled: true, decal: { show: true } },
      grid: { left: 2.6 * rem, right: 1.6 * rem, top: 0.6 * rem, bottom: 1.8 * rem },
      xAxis: {
        type: 'category',
        data: minutes.map((entry) => formatMinute(entry.minute, timeZone)),
        axisLine: { lineStyle: { color: token('--line'), width: 0.1 * rem } },
        axisTick: { show: false },
        axisLabel: {
          ...label,
          interval: (position: number) => ((minutes[position]?.minute ?? 1) / 60_000) % TEN_MINUTES === 0,
        },
      },
      yAxis: {
        type: 'value',
        minInterval: 1,
        max: ({ max }: { max: number }) => (max < LEAST_SCALE ? LEAST_SCALE : null),
        splitNumber: 3,
        axisLabel: label,
        splitLine: { lineStyle: { color: token('--line'), width: 0.06 * rem } },
      },
      series: STACK.map((rating) => ({
        type: 'bar',
        stack: 'minute',
        barCategoryGap: '22%',
        silent: true,
        data: minutes.map((entry, position) => ({
          value: entry[rating],
          itemStyle: { opacity: position === minutes.length - 1 ? UNDER_WAY_OPACITY : 1 },
        })),
        itemStyle: { color: token(`--${rating}`), decal: decalOf(rating, rem) },
      })),
    });
  }

  return {
    draw,
    resize() {
      chart.resize();
      if (last !== null) draw(last.minutes, last.timeZone);
    },
    dispose: () => chart.dispose(),
  };
}

function decalOf(rating: Rating, rem: number) {
  if (rating !== 'unsatisfied') return { symbol: 'none' };
  return {
    symbol: 'rect',
    color: 'rgba(10, 15, 20, 0.55)',
    dashArrayX: [1, 0],
    dashArrayY: [0.18 * rem, 0.3 * rem],
    rotation: -Math.PI / 4,
  };
}
