import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { SessionApi } from '../session/api.ts';
import { countChars, PASSWORD_CHARS } from '../session/password-rules.ts';
import { PasswordField } from './fields.tsx';
import { Icon } from './icons.tsx';
import { Notice } from './notice.tsx';
import type { SessionMessages } from './session-messages.ts';

type NewPasswordFormProps = {
  text: SessionMessages;
  api: SessionApi;
  /** For the password manager, which must know whose password changes. */
  accountName: string;
  /** The current password where it has just been typed; null where it must be asked for. */
  current: string | null;
  onChanged: () => void;
};

type Mistake = 'current-missing' | 'current-wrong' | 'weak' | 'throttled' | 'unreachable' | 'failed';

const MISTAKES: Record<string, Mistake> = {
  'credentials-wrong': 'current-wrong',
  'password-weak': 'weak',
  'sign-in-throttled': 'throttled',
  unreachable: 'unreachable',
};

export function NewPasswordForm({ text, api, accountName, current, onChanged }: NewPasswordFormProps) {
  const rulesId = useId();
  const currentInput = useRef<HTMLInputElement>(null);
  const nextInput = useRef<HTMLInputElement>(null);
  const repeatInput = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState({ current: current ?? '', next: '', repeat: '' });
  const [mistake, setMistake] = useState<Mistake | null>(null);
  const [busy, setBusy] = useState(false);
  const words = text.newPassword;

  // With the frame that shows the fields, not after somebody has begun to type.
  useLayoutEffect(() => {
    if (current !== null) nextInput.current?.focus();
  }, [current]);

  const rules: [string, boolean][] = [
    [words.rule(PASSWORD_CHARS.min), countChars(typed.next) >= PASSWORD_CHARS.min],
    [words.ruleDifferent, typed.next !== '' && typed.next !== typed.current],
    [words.ruleSame, typed.next !== '' && typed.next === typed.repeat],
  ];

  const read = () => {
    setMistake(null);
    setTyped({
      current: currentInput.current?.value ?? current ?? '',
      next: nextInput.current!.value,
      repeat: repeatInput.current!.value,
    });
  };

  const submit = async (event: Event) => {
    event.preventDefault();
    if (busy) return;
    if (typed.current === '') {
      setMistake('current-missing');
      currentInput.current?.focus();
      return;
    }
    const broken = rules.findIndex(([, kept]) => !kept);
    if (broken >= 0) return (broken === 2 ? repeatInput : nextInput).current?.focus();
    setBusy(true);
    const answer = await api.changePassword(typed.current, typed.next);
    setBusy(false);
    if (answer.ok) {
      for (const input of [currentInput, nextInput, repeatInput]) if (input.current) input.current.value = '';
      setTyped({ current: current ?? '', next: '', repeat: '' });
      return onChanged();
    }
    const found = MISTAKES[answer.refusal.code] ?? 'failed';
    setMistake(found);
    if (found === 'weak') nextInput.current?.select();
    if (found === 'current-wrong') currentInput.current?.select();
  };

  return (
    <form method="post" noValidate onSubmit={submit} data-testid="new-password">
      <div class="notice-place" role="alert">
        {mistake === 'weak' && <Notice tone="bad" title={words.weak} testId="notice-weak" />}
        {mistake === 'throttled' && (
          <Notice tone="wait" title={text.trouble.throttled} testId="notice-throttled">
            <p>{words.throttledHint}</p>
          </Notice>
        )}
        {mistake === 'unreachable' && (
          <Notice tone="bad" icon="unplugged" title={text.trouble.unreachable} testId="notice-unreachable" />
        )}
        {mistake === 'failed' && <Notice tone="bad" title={text.trouble.failed} testId="notice-failed" />}
      </div>
      <input type="text" name="name" autocomplete="username" value={accountName} readOnly hidden />
      {current === null && (
        <PasswordField
          label={words.current}
          name="current"
          autocomplete="current-password"
          input={currentInput}
          mistake={
            mistake === 'current-missing'
              ? words.missing
              : mistake === 'current-wrong'
                ? words.currentWrong
                : null
          }
          onInput={read}
          text={text.password}
        />
      )}
      <PasswordField
        label={words.next}
        name="next"
        autocomplete="new-password"
        input={nextInput}
        mistake={null}
        onInput={read}
        text={text.password}
        describedBy={rulesId}
      />
      <PasswordField
        label={words.repeat}
        name="repeat"
        autocomplete="new-password"
        input={repeatInput}
        mistake={null}
        onInput={read}
        text={text.password}
        describedBy={rulesId}
      />
      <ul class="rules" id={rulesId}>
        {rules.map(([rule, kept]) => (
          <li key={rule} data-kept={kept}>
            <Icon name={kept ? 'check' : 'open'} />
            {rule}
          </li>
        ))}
      </ul>
      <button type="submit" class="main-button" aria-busy={busy}>
        {busy && <span class="spinner" aria-hidden="true" />}
        {busy ? words.saving : words.save}
      </button>
    </form>
  );
}
