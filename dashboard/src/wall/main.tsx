import '../styles/tokens.css';
import '../styles/base.css';
import '../styles/parts.css';
import '../styles/page.css';
import '../styles/header.css';
import '../styles/city.css';
import '../styles/ratings.css';
import '../styles/notes.css';
import '../styles/ranking.css';
import '../styles/windows.css';
import '../styles/latest.css';
import '../styles/states.css';
import '../styles/account-menu.css';
import '../styles/stacked.css';
import '../styles/paper.css';
import { effect } from '@preact/signals';
import { render } from 'preact';
import { createBoard } from '../live/board.ts';
import { liveUrl, startFeed } from '../live/feed.ts';
import { createGatewayClock } from '../live/gateway-clock.ts';
import { createSessionApi } from '../session/api.ts';
import { createKeeper } from '../session/keeper.ts';
import { createLinkMemory } from '../session/link-memory.ts';
import { readLinkToken } from '../session/link-token.ts';
import { startPage } from '../start.ts';
import { createLanguage } from '../text/language.ts';
import { en, zh } from '../text/messages.ts';
import { WallProvider } from './context.ts';
import { followLayout } from './layout.ts';
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
