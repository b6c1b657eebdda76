import { AlertStrip } from './alert-strip.tsx';
import { CityScore } from './city-score.tsx';
import { useWall } from './context.ts';
import { Header } from './header.tsx';
import { LatestVotes } from './latest-votes.tsx';
import { LinkDead, NoUnits, Skeleton, Unreachable } from './states.tsx';
import { Trend } from './trend.tsx';
import { UnitRanking } from './unit-ranking.tsx';
import { WindowGrid } from './window-grid.tsx';

export function Wall() {
  return (
    <div class={useWall().board.alerts.value === null ? 'wall' : 'wall wall-alerted'}>
      <Header />
      <AlertStrip />
      <Body />
    </div>
  );
}

function Body() {
  const { board, connection, keeper } = useWall();
  const session = keeper.session.value;
  if (session.state === 'link-dead') return <LinkDead wallName={session.account?.displayName ?? null} />;
  if (board.meta.value === null) return connection.value.state === 'lost' ? <Unreachable /> : <Skeleton />;
  if (board.units.ids.value.length === 0) return <NoUnits />;
  return (
    <main class="board">
      <CityScore />
      <UnitRanking />
      <WindowGrid />
      <Trend />
      <LatestVotes />
    </main>
  );
}
