import '../styles/tokens.css';
import '../styles/base.css';
import '../styles/parts.css';
import '../styles/form-page.css';
import '../styles/fields.css';
import '../styles/account.css';
import '../styles/paper.css';
import { render } from 'preact';
import { followFormLayout } from '../parts/form-layout.ts';
import { createSessionApi } from '../session/api.ts';
import { startPage } from '../start.ts';
import { enAccount, zhAccount } from '../text/account-messages.ts';
import { createLanguage } from '../text/language.ts';
import { createAccount } from './account.ts';
import { AccountPage } from './account-page.tsx';

startPage(() => {
  followFormLayout();
  const language = createLanguage(location.search, { 'zh-CN': zhAccount, en: enAccount });
  const api = createSessionApi((...request) => fetch(...request));
  const account = createAccount({
    api,
    here: location.pathname + location.search,
    goTo: (address) => location.replace(address),
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  });

  // Back to it after signing out: what the browser kept must not be shown again.
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) location.reload();
  });

  render(<AccountPage account={account} api={api} language={language} />, document.getElementById('page')!);
});
