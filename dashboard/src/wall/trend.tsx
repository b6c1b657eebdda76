import { useComputed } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { useWall } from './context.ts';
import { formatCount } from './numbers.ts';
import { RATINGS, RatingMark } from './rating-mark.tsx';
import { useSteps } from './steps.tsx';
import type { TrendChart } from './trend-chart.ts';

/** The chart library is fetched after the first paint and draws at most once a second. */
const REDRAW_MS = 1_000;

export function Trend() {
  const { board, language } = useWall();
  const text = language.text.value;
  const steps = useSteps();
  const peak = useComputed(() =>
    board.trend.value.reduce(
      (most, minute) => Math.max(most, minute.satisfied + minute.basically + minute.unsatisfied),
      0,
    ),
  );
  return (
    <section class="panel trend" aria-label={text.trend}>
      <div class="panel-head">
        <h2>{text.trend}</h2>
        {peak.value > 0 && <span class="panel-count">{text.perMinute(formatCount(peak.value))}</span>}
        {steps === null && (
          <span class="panel-aside legend">
            {RATINGS.map((rating) => (
              <span key={rating}>
                <RatingMark rating={rating} />
                {text.ratings[rating]}
              </span>
            ))}
          </span>
        )}
      </div>
      {steps === null ? <Chart /> : <p class="trend-none">{text.noMinutes}</p>}
    </section>
  );
}

function Chart() {
  const { board } = useWall();
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let chart: TrendChart | null = null;
    let drawn: unknown = null;
    let closed = false;
    const draw = () => {
      const minutes = board.trend.peek();
      const zone = board.meta.peek()?.timeZone;
      if (chart === null || zone === undefined || minutes === drawn || document.hidden) return;
      drawn = minutes;
      chart.draw(minutes, zone);
    };
    const observer = new ResizeObserver(() => chart?.resize());
    void import('./trend-chart.ts').then(({ createTrendChart }) => {
      if (closed || place.current === null) return;
      chart = createTrendChart(place.current);
      observer.observe(place.current);
      draw();
    });
    const timer = setInterval(draw, REDRAW_MS);
    return () => {
      closed = true;
      clearInterval(timer);
      observer.disconnect();
      chart?.dispose();
    };
  }, [board]);
  return <div class="trend-chart" ref={place} aria-hidden="true" />;
}
