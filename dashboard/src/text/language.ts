import { computed, effect, type ReadonlySignal, signal } from '@preact/signals';
import { en, type Language, type Messages, zh } from './messages.ts';

const STORAGE_KEY = 'manyi.language';

export type LanguageChoice = {
  language: ReadonlySignal<Language>;
  text: ReadonlySignal<Messages>;
  choose(language: Language): void;
};

/** `?lang=` wins and is remembered; then what was chosen last; then Chinese. */
export function createLanguage(search: string): LanguageChoice {
  const asked = new URLSearchParams(search).get('lang');
  const language = signal<Language>(parse(asked) ?? parse(recall()) ?? 'zh-CN');
  const text = computed(() => (language.value === 'en' ? en : zh));
  effect(() => {
    document.documentElement.lang = language.value;
    document.title = text.value.title;
  });

  function choose(chosen: Language): void {
    language.value = chosen;
    remember(chosen);
  }
  if (parse(asked) !== null) remember(language.value);
  return { language, text, choose };
}

function parse(value: string | null): Language | null {
  if (value === null) return null;
  if (value.startsWith('en')) return 'en';
  return value.startsWith('zh') ? 'zh-CN' : null;
}

/** A kiosk may forbid storage: then the choice lasts as long as the page. */
function recall(): string | null {
  try {
    return localStorage.getItem(STORAGE_KEY);
  } catch {
    return null;
  }
}

function remember(language: Language): void {
  try {
    localStorage.setItem(STORAGE_KEY, language);
  } catch {
    // Not remembered.
  }
}
