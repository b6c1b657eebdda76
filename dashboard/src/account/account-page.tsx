import { Icon } from '../parts/icons.tsx';
import type { LanguageChoice } from '../parts/language.ts';
import { LanguageSwitch } from '../parts/language-switch.tsx';
import { NewPasswordForm } from '../parts/new-password-form.tsx';
import { Notice } from '../parts/notice.tsx';
import { ProductSign } from '../parts/product-sign.tsx';
import type { SessionApi } from '../session/api.ts';
import { HOME } from '../session/next-path.ts';
import type { AccountModel } from './account.ts';
import { Identity } from './identity.tsx';
import type { AccountMessages } from './messages.ts';
import { SessionList } from './session-list.tsx';

type AccountPageProps = { account: AccountModel; api: SessionApi; language: LanguageChoice<AccountMessages> };

export function AccountPage({ account, api, language }: AccountPageProps) {
  const text = language.text.value;
  const session = account.session.value;
  return (
    <div class="account" data-testid="account">
      <header class="account-head">
        <p class="mark">
          <ProductSign />
          <span class="mark-name">满意</span>
        </p>
        <a class="quiet-button" href={HOME}>
          <Icon name="back" />
          {text.toWall}
        </a>
        <LanguageSwitch choice={language} />
      </header>
      <div class="account-notice" role="status" aria-live="polite">
        <WhatHappened account={account} text={text} />
      </div>
      {session === null ? (
        <p class="account-wait" role="status">
          <span class="spinner" aria-hidden="true" />
          {text.asking}
        </p>
      ) : (
        <main class="account-body">
          <Identity
            session={session}
            unitName={account.unitName.value}
            text={text}
            onSignOut={account.signOut}
          />
          <SessionList account={account} text={text} />
          <section class="card card-password">
            <h2>{text.changePassword}</h2>
            <p class="card-hint">{text.changeHint}</p>
            <NewPasswordForm
              text={text}
              api={api}
              accountName={session.account.name}
              current={null}
              onChanged={account.passwordChanged}
            />
          </section>
        </main>
      )}
    </div>
  );
}

function WhatHappened({ account, text }: { account: AccountModel; text: AccountMessages }) {
  const outcome = account.outcome.value;
  switch (outcome?.kind) {
    case undefined:
      return null;
    case 'ended':
      return (
        <Notice
          tone="good"
          title={outcome.count === 1 ? text.ended : text.othersEnded(outcome.count)}
          testId="notice-ended"
        />
      );
    case 'password-changed':
      return <Notice tone="good" title={text.changed} testId="notice-changed" />;
    case 'unreachable':
      return (
        <Notice tone="bad" icon="unplugged" title={text.trouble.unreachable} testId="notice-unreachable">
          <p>{text.trouble.unreachableHint}</p>
        </Notice>
      );
    case 'failed':
      return <Notice tone="bad" title={text.trouble.failed} testId="notice-failed" />;
  }
}
