import '../parts/tokens.css';
import '../parts/base.css';
import '../parts/parts.css';
import '../parts/form-page.css';
import '../parts/fields.css';
import './sign-in.css';
import '../parts/paper.css';
import { render } from 'preact';
import { followFormLayout } from '../parts/form-layout.ts';
import { createLanguage } from '../parts/language.ts';
import { createSessionApi } from '../session/api.ts';
import { readNext, readReason } from '../session/next-path.ts';
import { startPage } from '../start.ts';
import { enSignIn, zhSignIn } from './messages.ts';
import { createSignIn } from './sign-in.ts';
import { SignInPage } from './sign-in-page.tsx';

startPage(() => {
  followFormLayout();
  const language = createLanguage(location.search, { 'zh-CN': zhSignIn, en: enSignIn });
  const api = createSessionApi((...request) => fetch(...request));
  const signIn = createSignIn({
    api,
    next: readNext(location.search, location.href),
    goTo: (address) => location.replace(address),
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    monotonicMs: () => performance.now(),
  });

  // Back from the page that was entered: the browser shows this one as it was left, which is no longer true.
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) location.reload();
  });

  render(
    <SignInPage
      signIn={signIn}
      api={api}
      language={language}
      reason={readReason(location.search)}
      host={location.host}
    />,
    document.getElementById('page')!,
  );
});
