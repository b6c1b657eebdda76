import type { Language, LanguageChoice } from './language.ts';

const LANGUAGES: readonly [Language, string][] = [
  ['zh-CN', '中文'],
  ['en', 'EN'],
];

type Text = { locale: string; title: string; language: string };

export function LanguageSwitch({ choice }: { choice: LanguageChoice<Text> }) {
  return (
    <fieldset class="languages" aria-label={choice.text.value.language}>
      {LANGUAGES.map(([code, label]) => (
        <button
          key={code}
          type="button"
          lang={code}
          aria-pressed={choice.language.value === code}
          onClick={() => choice.choose(code)}
        >
          {label}
        </button>
      ))}
    </fieldset>
  );
}
