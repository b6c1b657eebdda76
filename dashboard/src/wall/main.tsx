import '../parts/tokens.css';
import '../parts/base.css';
import '../parts/parts.css';
import './page.css';
import './header.css';
import './city.css';
import './ratings.css';
import './notes.css';
import './ranking.css';
import './windows.css';
import './latest.css';
import './states.css';
import './account-menu.css';
import './alerts.css';
import './stacked.css';
import '../parts/paper.css';
import { effect } from '@preact/signals';
import { render } from 'preact';
import { createBoard } from '../live/board.ts';
import { liveUrl, startFeed } from '../live/feed.ts';
import { createGatewayClock } from '../live/gateway-clock.ts';
import { createLanguage } from '../parts/language.ts';
import { createSessionApi } from '../session/api.ts';
import { createKeeper } from '../session/keeper.ts';
import { createLinkMemory } from '../session/link-memory.ts';
import { readLinkToken } from '../session/link-token.ts';
import { startPage } from '../start.ts';
import { WallProvider } from './context.ts';
import { followLayout } from './layout.ts';
import { en, zh } from './messages.ts';
import { Wall } from './wall.tsx';

startPage(() => {
  followLayout();
  const board = createBoard();
  const clock = createGatewayClock();
  const language = createLanguage(location.search, { 'zh-CN': zh, en });
  const keeper = createKeeper({
    api: createSessionApi((...request) => fetch(...request)),
    page: location,
    forgetFragment: () => history.replaceState(null, '', location.pathname + location.search),
    linkMemory: createLinkMemory(() => sessionStorage),
    goTo: (address) => location.replace(address),
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  });
  const connection = startFeed(liveUrl(location), board, clock, keeper.admit);

  // Another link in the same tab changes only the fragment, which loads nothing by itself.
  addEventListener('hashchange', () => {
    if (readLinkToken(location.hash) !== null) location.reload();
  });

  effect(() => {
    const { dataset } = document.documentElement;
    dataset.connection = connection.value.state;
    dataset.revision = String(board.revision.value);
    dataset.session = keeper.session.value.state;
  });

  render(
    <WallProvider value={{ board, clock, connection, keeper, language }}>
      <Wall />
    </WallProvider>,
    document.getElementById('wall')!,
  );
});
