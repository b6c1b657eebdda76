import '../styles/tokens.css';
import '../styles/base.css';
import '../styles/parts.css';
import '../styles/form-page.css';
import '../styles/fields.css';
import '../styles/sign-in.css';
import '../styles/paper.css';
import { render } from 'preact';
import { followFormLayout } from '../parts/form-layout.ts';
import { createSessionApi } from '../session/api.ts';
import { readNext, readReason } from '../session/next-path.ts';
import { startPage } from '../start.ts';
import { createLanguage } from '../text/language.ts';
import { enSignIn, zhSignIn } from '../text/sign-in-messages.ts';
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
