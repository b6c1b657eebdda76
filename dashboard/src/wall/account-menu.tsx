import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../parts/icons.tsx';
import { ACCOUNT } from '../session/next-path.ts';
import { useWall } from './context.ts';

/** Who is looking, and the way out. A wall that was opened by a link is nobody's and shows nothing here. */
export function AccountMenu() {
  const { keeper, language } = useWall();
  const [open, setOpen] = useState(false);
  const [failed, setFailed] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  const session = keeper.session.value;
  const text = language.text.value;

  useEffect(() => {
    if (!open) return;
    const closeOutside = (event: Event) => {
      if (!place.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', closeOutside);
    document.addEventListener('focusin', closeOutside);
    return () => {
      document.removeEventListener('pointerdown', closeOutside);
      document.removeEventListener('focusin', closeOutside);
    };
  }, [open]);

  if (session.state !== 'open' || session.account.role === 'wall') return null;
  const { displayName, name } = session.account;

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !open) return;
    setOpen(false);
    place.current?.querySelector('button')?.focus();
  };
  const signOut = async () => setFailed(!(await keeper.signOut()));

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape is heard for the button and the links inside.
    <div class="account-menu" ref={place} onKeyDown={onKeyDown} data-testid="account-menu">
      <button
        type="button"
        class="account-button"
        aria-expanded={open}
        aria-controls="account-panel"
        aria-label={text.accountMenu(displayName)}
        onClick={() => setOpen(!open)}
      >
        <Icon name="person" />
        <span class="account-name">{displayName}</span>
      </button>
      <div class="account-panel" id="account-panel" hidden={!open}>
        <p class="account-who">
          <b>{displayName}</b>
          <span>{name}</span>
        </p>
        <a href={ACCOUNT}>
          <Icon name="computer" />
          {text.accountPage}
        </a>
        <button type="button" onClick={signOut}>
          <Icon name="leave" />
          {text.signOut}
        </button>
        <p class="account-failed" role="alert">
          {failed && text.signOutFailed}
        </p>
      </div>
    </div>
  );
}
