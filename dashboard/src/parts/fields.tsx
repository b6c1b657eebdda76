import type { Ref } from 'preact';
import { useId, useState } from 'preact/hooks';
import { Icon } from './icons.tsx';
import type { SessionMessages } from './session-messages.ts';

type FieldProps = {
  label: string;
  name: string;
  autocomplete: 'username' | 'current-password' | 'new-password';
  input: Ref<HTMLInputElement>;
  /** What is wrong with it, said below it; null while nothing is. */
  mistake: string | null;
  onInput?: () => void;
};

/** The name of an account: no capital letters or spelling help that nobody asked for. */
export function NameField({ label, name, autocomplete, input, mistake, onInput }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="field-box" data-invalid={mistake !== null}>
        <input
          id={id}
          ref={input}
          name={name}
          type="text"
          autocomplete={autocomplete}
          autocapitalize="none"
          autocorrect="off"
          spellcheck={false}
          maxLength={200}
          aria-invalid={mistake !== null}
          aria-describedby={`${id}-mistake`}
          onInput={onInput}
        />
      </div>
      <Mistake id={`${id}-mistake`} mistake={mistake} />
    </div>
  );
}

type PasswordFieldProps = FieldProps & { text: SessionMessages['password']; describedBy?: string };

/** Can be shown, and says when caps lock is on. */
export function PasswordField(props: PasswordFieldProps) {
  const { label, name, autocomplete, input, mistake, onInput, text, describedBy } = props;
  const id = useId();
  const [shown, setShown] = useState(false);
  const [capsLock, setCapsLock] = useState(false);
  // Typed as one of the two: the types of JSX know no input that is now this, now that.
  const type = (shown ? 'text' : 'password') as 'password';
  const watchCapsLock = (event: KeyboardEvent | MouseEvent) =>
    setCapsLock(event.getModifierState('CapsLock'));
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="field-box" data-invalid={mistake !== null}>
        <input
          id={id}
          ref={input}
          name={name}
          type={type}
          autocomplete={autocomplete}
          autocapitalize="none"
          autocorrect="off"
          spellcheck={false}
          maxLength={1_000}
          aria-invalid={mistake !== null}
          aria-describedby={[`${id}-mistake`, `${id}-caps`, describedBy].filter(Boolean).join(' ')}
          onInput={onInput}
          onKeyDown={watchCapsLock}
          onKeyUp={watchCapsLock}
          onMouseDown={watchCapsLock}
          onBlur={() => setCapsLock(false)}
        />
        <button
          type="button"
          class="field-show"
          aria-pressed={shown}
          aria-label={shown ? text.hide : text.show}
          title={shown ? text.hide : text.show}
          onClick={() => setShown(!shown)}
        >
          <Icon name={shown ? 'eye-closed' : 'eye'} />
        </button>
      </div>
      <p class="field-hint" id={`${id}-caps`} role="status" data-testid="caps-lock">
        {capsLock && (
          <>
            <Icon name="caps" />
            {text.capsLock}
          </>
        )}
      </p>
      <Mistake id={`${id}-mistake`} mistake={mistake} />
    </div>
  );
}

function Mistake({ id, mistake }: { id: string; mistake: string | null }) {
  return (
    <p class="field-mistake" id={id}>
      {mistake !== null && (
        <>
          <Icon name="warning" />
          {mistake}
        </>
      )}
    </p>
  );
}
