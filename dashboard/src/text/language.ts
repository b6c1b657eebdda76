import { computed, effect, type ReadonlySignal, signal } from '@preact/signals';

const STORAGE_KEY = 'manyi.language';

export type Language = 'zh-CN' | 'en';

/** What every page's messages have. */
type PageText = { locale: string; title: string };

export type LanguageChoice<Text extends PageText> = {
  language: ReadonlySignal<Language>;
  text: ReadonlySignal<Text>;
  choose(language: Language): void;
};

/** `?lang=` wins and is remembered for all pages; then what was chosen last; then Chinese. */
export function createLanguage<Text extends PageText>(
  search: string,
  texts: Record<Language, Text>,
): LanguageChoice<Text> {
  const asked = new URLSearchParams(search).get('lang');
  const language = signal<Language>(parse(asked) ?? parse(recall()) ?? 'zh-CN');
  const text = computed(() => texts[language.value]);
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
