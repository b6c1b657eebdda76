import '../parts/tokens.css';
import '../parts/base.css';
import '../parts/parts.css';
import '../parts/form-page.css';
import '../parts/fields.css';
import './account.css';
import '../parts/paper.css';
import { render } from 'preact';
import { followFormLayout } from '../parts/form-layout.ts';
import { createLanguage } from '../parts/language.ts';
import { createSessionApi } from '../session/api.ts';
import { startPage } from '../start.ts';
import { createAccount } from './account.ts';
import { AccountPage } from './account-page.tsx';
import { enAccount, zhAccount } from './messages.ts';

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
