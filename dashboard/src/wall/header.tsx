import { useComputed } from '@preact/signals';
import { findRoot } from '../order/tree.ts';
import { LanguageSwitch } from '../parts/language-switch.tsx';
import { ProductSign } from '../parts/product-sign.tsx';
import { AccountMenu } from './account-menu.tsx';
import { useWall } from './context.ts';
import { LostBanner } from './lost-banner.tsx';
import { StepsNote, useSteps } from './steps.tsx';
import { formatDate, formatSecond } from './times.ts';

export function Header() {
  return (
    <header class="header">
      <ProductMark />
      <LostBanner />
      <DateAndClock />
      <ConnectionState />
      <AccountMenu />
      <LanguageSwitch choice={useWall().language} />
    </header>
  );
}

function ProductMark() {
  const { board } = useWall();
  const city = useComputed(() => {
    const rows = board.units.ids.value.map((id) => board.units.get(id)!.peek());
    const root = findRoot(rows);
    return root === null ? '' : (board.units.get(root)?.value.name ?? '');
  });
  return (
    <h1 class="mark">
      <ProductSign />
      <span class="mark-name">满意</span>
      {city.value !== '' && <span class="mark-city">{city.value}</span>}
    </h1>
  );
}

function DateAndClock() {
  const { board, clock, language } = useWall();
  const now = clock.now.value;
  const zone = board.meta.value?.timeZone;
  if (now === null || zone === undefined) return <div class="clock" />;
  return (
    <div class="clock">
      <span class="clock-date">{formatDate(now, zone, language.text.value.locale)}</span>
      <time class="clock-time">{formatSecond(now, zone)}</time>
    </div>
  );
}

function ConnectionState() {
  const { connection, language } = useWall();
  const { state } = connection.value;
  const text = language.text.value;
  const steps = useSteps();
  return (
    <div class="connection" data-state={state}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        {state === 'lost' ? (
          <path d="m3 3 10 10M13 3 3 13" fill="none" stroke="currentColor" stroke-width="3" />
        ) : (
          <circle
            cx="8"
            cy="8"
            r={state === 'live' ? 6 : 5}
            fill={state === 'live' ? 'currentColor' : 'none'}
            stroke="currentColor"
            stroke-width="2"
          />
        )}
      </svg>
      {state === 'live' ? (
        steps === null ? (
          text.live
        ) : (
          <StepsNote />
        )
      ) : state === 'lost' ? (
        text.lost
      ) : (
        text.connecting
      )}
    </div>
  );
}
