import type { LanguageChoice } from '../parts/language.ts';
import { LanguageSwitch } from '../parts/language-switch.tsx';
import { NewPasswordForm } from '../parts/new-password-form.tsx';
import { ProductSign } from '../parts/product-sign.tsx';
import type { SessionApi } from '../session/api.ts';
import type { Reason } from '../session/next-path.ts';
import { CityOfWindows } from './city-of-windows.tsx';
import { CredentialsForm } from './credentials-form.tsx';
import type { SignInMessages } from './messages.ts';
import type { SignIn } from './sign-in.ts';

type SignInPageProps = {
  signIn: SignIn;
  api: SessionApi;
  language: LanguageChoice<SignInMessages>;
  reason: Reason | null;
  /** The gateway that is being entered. */
  host: string;
};

export function SignInPage({ signIn, api, language, reason, host }: SignInPageProps) {
  const text = language.text.value;
  return (
    <div class="sign-in" data-step={signIn.step.value.name} data-testid="sign-in">
      <section class="stage">
        <CityOfWindows ratings={text.ratings} />
        <div class="stage-words">
          <p class="mark">
            <ProductSign />
            <span class="mark-name">满意</span>
          </p>
          <p class="promise" lang={text.locale}>
            {text.promise.map((line) => (
              <span key={line}>{line}</span>
            ))}
          </p>
          <p class="stage-product">{text.product}</p>
        </div>
      </section>
      <main class="door">
        <div class="door-top">
          <LanguageSwitch choice={language} />
        </div>
        <div class="door-middle">
          <StepBody signIn={signIn} api={api} text={text} reason={reason} />
        </div>
        <p class="door-foot">{host}</p>
      </main>
    </div>
  );
}

type StepBodyProps = { signIn: SignIn; api: SessionApi; text: SignInMessages; reason: Reason | null };

function StepBody({ signIn, api, text, reason }: StepBodyProps) {
  const step = signIn.step.value;
  if (step.name === 'asking' || step.name === 'entering') {
    return (
      <p class="door-wait" role="status">
        <span class="spinner" aria-hidden="true" />
        {step.name === 'asking' ? text.asking : text.entering}
      </p>
    );
  }
  if (step.name === 'credentials') return <CredentialsForm signIn={signIn} text={text} reason={reason} />;
  return (
    <>
      <h1>{text.change}</h1>
      <p class="door-hint">{text.changeHint(step.account.displayName)}</p>
      <NewPasswordForm
        text={text}
        api={api}
        accountName={step.account.name}
        current={step.current}
        onChanged={signIn.passwordChanged}
      />
      <button type="button" class="quiet-button" onClick={signIn.useOtherAccount}>
        {text.otherAccount}
      </button>
    </>
  );
}
