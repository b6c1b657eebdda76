import { sayObstacle } from '../parts/obstacles.ts';
import { useWall } from './context.ts';
import { formatDay, formatSecond, formatSince } from './times.ts';

/** The region is always there, so that a screen reader hears what comes into it. */
export function LostBanner() {
  return (
    <div class="lost-place" role="status" aria-live="polite">
      <LostText />
    </div>
  );
}

function LostText() {
  const { board, connection, keeper, language } = useWall();
  const meta = board.meta.value;
  const current = connection.value;
  const session = keeper.session.value.state;
  if (session === 'ended') return <SessionEnded />;
  if (session === 'link-dead') return null;
  if (current.state !== 'lost' || current.lostSince === null || meta === null) return null;
  const text = language.text.value;
  const obstacle = keeper.obstacle.value;
  const sameDay = formatDay(current.lostSince, meta.timeZone) === meta.day;
  const since = sameDay
    ? formatSecond(current.lostSince, meta.timeZone)
    : formatSince(current.lostSince, meta.timeZone, meta.day);
  return (
    <div class="lost-banner" data-testid="lost-banner">
      <strong>
        {obstacle === null ? text.lostSince(since) : sayObstacle(text.obstacles, obstacle).title}
      </strong>
      <span data-obstacle={obstacle?.kind}>
        {obstacle === null ? text.lostStale : text.staleSince(since)}
      </span>
    </div>
  );
}

function SessionEnded() {
  const text = useWall().language.text.value;
  return (
    <div class="lost-banner" data-testid="session-banner">
      <strong>{text.sessionEnded}</strong>
      <span>{text.sessionEndedNext}</span>
    </div>
  );
}
