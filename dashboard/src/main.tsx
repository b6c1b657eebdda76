import './styles/tokens.css';
import './styles/page.css';
import './styles/header.css';
import './styles/city.css';
import './styles/ratings.css';
import './styles/ranking.css';
import './styles/windows.css';
import './styles/latest.css';
import './styles/states.css';
import './styles/stacked.css';
import { effect } from '@preact/signals';
import { render } from 'preact';
import { createBoard } from './live/board.ts';
import { liveUrl, startFeed } from './live/feed.ts';
import { createGatewayClock } from './live/gateway-clock.ts';
import { createLanguage } from './text/language.ts';
import { WallProvider } from './wall/context.ts';
import { Wall } from './wall/wall.tsx';

const board = createBoard();
const clock = createGatewayClock();
const language = createLanguage(location.search);
const connection = startFeed(liveUrl(location), board, clock);

effect(() => {
  const { dataset } = document.documentElement;
  dataset.connection = connection.value.state;
  dataset.revision = String(board.revision.value);
});

render(
  <WallProvider value={{ board, clock, connection, language }}>
    <Wall />
  </WallProvider>,
  document.getElementById('wall')!,
);
