import type { ComponentChildren } from 'preact';
import { sayObstacle } from '../parts/obstacles.ts';
import { HOME, signInAddress } from '../session/next-path.ts';
import { useWall } from './context.ts';

/** Before the first snapshot: the shape of what is to come. */
export function Skeleton() {
  const text = useWall().language.text.value;
  return (
    <main class="board skeleton" aria-busy="true" aria-label={text.connecting}>
      <section class="panel city" />
      <section class="panel ranking" />
      <section class="panel windows" />
      <section class="panel trend" />
      <section class="panel latest" />
    </main>
  );
}

/** No snapshot and no way to get one. */
export function Unreachable() {
  const { keeper, language } = useWall();
  const text = language.text.value;
  const obstacle = keeper.obstacle.value;
  const { title, hint } =
    obstacle === null
      ? { title: text.neverHeard, hint: text.neverHeardHint }
      : sayObstacle(text.obstacles, obstacle);
  return (
    <Message title={title} tone="bad" testId="unreachable">
      <p data-obstacle={obstacle?.kind}>{hint}</p>
      <p class="message-quiet">{text.retrying}</p>
    </Message>
  );
}

/** A wall that nobody sits at: it says whom to call and what to tell them, and goes on by itself when it is let in again. */
export function LinkDead({ wallName }: { wallName: string | null }) {
  const text = useWall().language.text.value;
  return (
    <Message title={text.linkDead} tone="bad" testId="link-dead" picture={<BrokenLink />}>
      <p>{text.linkDeadHint}</p>
      <p class="message-tag">
        {wallName !== null && <b>{wallName}</b>}
        <span>{location.host}</span>
      </p>
      <p class="message-quiet">
        <span class="message-pulse" aria-hidden="true" />
        {text.linkDeadWaiting}
      </p>
      <a class="message-link" href={signInAddress(HOME, 'link-revoked')}>
        {text.signInInstead}
      </a>
    </Message>
  );
}

function BrokenLink() {
  return (
    <svg class="broken-link" viewBox="0 0 60 24" aria-hidden="true">
      <path d="M27 7.5h-9a4.5 4.5 0 0 0 0 9h6M33 16.5h9a4.5 4.5 0 0 0 0-9h-6" />
      <path d="m28 3.5.8 2.5M32 20.5l-.8-2.5M31.5 4l-.5 2M28.5 20l.5-2" />
    </svg>
  );
}

export function NoUnits() {
  const text = useWall().language.text.value;
  return (
    <Message title={text.noUnits} tone="open" testId="empty">
      <p>{text.noUnitsHint}</p>
      <code>npm run --silent manyi -- unit add --name "{text.exampleUnit}"</code>
    </Message>
  );
}

export function NoWindows() {
  const text = useWall().language.text.value;
  return (
    <div class="no-windows" data-testid="no-windows">
      <h3>{text.noWindows}</h3>
      <p>{text.noWindowsHint}</p>
      <code>npm run --silent manyi -- window add --unit … --name "{text.exampleWindow}"</code>
    </div>
  );
}

type MessageProps = {
  title: string;
  tone: 'open' | 'bad';
  testId: string;
  picture?: ComponentChildren;
  children: ComponentChildren;
};

function Message({ title, tone, testId, picture, children }: MessageProps) {
  return (
    <main class="message" data-tone={tone} data-testid={testId}>
      {picture ?? <ThreeMarks />}
      <h2>{title}</h2>
      {children}
    </main>
  );
}

function ThreeMarks() {
  return (
    <svg viewBox="0 0 60 24" aria-hidden="true">
      <circle cx="11" cy="12" r="7" />
      <path d="M30 4 38 12 30 20 22 12Z" />
      <path d="M42 5.5h15L49.5 19Z" />
    </svg>
  );
}
