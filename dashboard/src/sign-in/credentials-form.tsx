import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { formatWait, useSecondsUntil } from '../parts/countdown.ts';
import { NameField, PasswordField } from '../parts/fields.tsx';
import { Icon } from '../parts/icons.tsx';
import { Notice } from '../parts/notice.tsx';
import { sayObstacle } from '../parts/obstacles.ts';
import type { Reason } from '../session/next-path.ts';
import type { SignInMessages } from './messages.ts';
import type { SignIn, Trouble } from './sign-in.ts';

type CredentialsFormProps = { signIn: SignIn; text: SignInMessages; reason: Reason | null };

export function CredentialsForm({ signIn, text, reason }: CredentialsFormProps) {
  const name = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const [empty, setEmpty] = useState<'name' | 'password' | null>(null);
  const trouble = signIn.trouble.value;
  const busy = signIn.busy.value;
  const secondsLeft = useSecondsUntil(trouble?.kind === 'throttled' ? trouble.until : null);

  // With the frame that shows the fields: a moment later, somebody may be typing into the other one already.
  useLayoutEffect(() => {
    // On a touch screen it would only bring up the keyboard over what there is to read.
    if (!matchMedia('(pointer: coarse)').matches) name.current?.focus();
  }, []);
  useLayoutEffect(() => {
    if (trouble?.kind === 'wrong') password.current?.select();
  }, [trouble]);

  const submit = (event: Event) => {
    event.preventDefault();
    const [typedName, typedPassword] = [name.current!.value.trim(), password.current!.value];
    const missing = typedName === '' ? 'name' : typedPassword === '' ? 'password' : null;
    setEmpty(missing);
    if (missing !== null) (missing === 'name' ? name : password).current?.focus();
    else if (secondsLeft === 0) void signIn.submit(typedName, typedPassword);
  };

  return (
    <>
      <h1>{text.signIn}</h1>
      <p class="door-hint">{text.signInHint}</p>
      <div class="notice-place" role="alert">
        <WhatHappened
          signIn={signIn}
          trouble={trouble}
          reason={reason}
          text={text}
          secondsLeft={secondsLeft}
        />
      </div>
      <form method="post" noValidate onSubmit={submit}>
        <NameField
          label={text.name}
          name="name"
          autocomplete="username"
          input={name}
          mistake={empty === 'name' ? text.nameMissing : null}
          onInput={() => setEmpty(null)}
        />
        <PasswordField
          label={text.passwordLabel}
          name="password"
          autocomplete="current-password"
          input={password}
          mistake={empty === 'password' ? text.passwordMissing : null}
          onInput={() => setEmpty(null)}
          text={text.password}
        />
        <button type="submit" class="main-button" disabled={secondsLeft > 0} aria-busy={busy}>
          {secondsLeft > 0 ? (
            <>
              <Icon name="clock" />
              {text.waiting(formatWait(secondsLeft, text))}
            </>
          ) : busy ? (
            <>
              <span class="spinner" aria-hidden="true" />
              {text.submitting}
            </>
          ) : (
            text.submit
          )}
        </button>
      </form>
      <p class="door-forgotten">{text.forgotten}</p>
    </>
  );
}

type WhatHappenedProps = CredentialsFormProps & { trouble: Trouble | null; secondsLeft: number };

/** What went wrong last; before anything did, why one is here. */
function WhatHappened({ signIn, trouble, reason, text, secondsLeft }: WhatHappenedProps) {
  if (trouble === null) {
    if (reason === null) return null;
    const { title, hint } = text.reasons[reason];
    return (
      <Notice tone={reason === 'signed-out' ? 'good' : 'plain'} title={title} testId={`notice-${reason}`}>
        <p>{hint}</p>
      </Notice>
    );
  }
  switch (trouble.kind) {
    case 'wrong':
      return (
        <Notice tone="bad" title={text.wrong} testId="notice-wrong">
          <p>{text.wrongHint}</p>
        </Notice>
      );
    case 'throttled':
      // The seconds themselves are on the button: a live region that changes every second is read out every second.
      return secondsLeft === 0 ? null : (
        <Notice tone="wait" title={text.trouble.throttled} testId="notice-throttled">
          <p>{text.trouble.throttledHint}</p>
        </Notice>
      );
    case 'obstacle': {
      const { title, hint } = sayObstacle(text.trouble.obstacles, trouble.obstacle);
      return (
        <Notice tone="bad" icon="unplugged" title={title} testId="notice-obstacle">
          <p>{hint}</p>
        </Notice>
      );
    }
    case 'unreachable': {
      const words =
        trouble.obstacle === null
          ? { title: text.trouble.unreachable, hint: text.trouble.unreachableHint }
          : sayObstacle(text.trouble.obstacles, trouble.obstacle);
      return (
        <Notice tone="bad" icon="unplugged" title={words.title} testId="notice-unreachable">
          <p>{words.hint}</p>
          <button type="button" class="notice-button" onClick={signIn.retry}>
            {text.trouble.retry}
          </button>
        </Notice>
      );
    }
    case 'failed':
      return <Notice tone="bad" title={text.trouble.failed} testId="notice-failed" />;
  }
}
