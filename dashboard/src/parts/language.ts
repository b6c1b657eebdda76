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

/**
 * `?lang=` wins and is remembered for all pages; then what was chosen last; then the browser's own languages. What the
 * browser says is not remembered: nobody has chosen it.
 */
export function createLanguage<Text extends PageText>(
  search: string,
  texts: Record<Language, Text>,
): LanguageChoice<Text> {
  const asked = parse(new URLSearchParams(search).get('lang'));
  const language = signal<Language>(asked ?? parse(recall()) ?? preferredOf(navigator.languages));
  const text = computed(() => texts[language.value]);
  effect(() => {
    document.documentElement.lang = language.value;
    document.title = text.value.title;
  });

  function choose(chosen: Language): void {
    language.value = chosen;
    remember(chosen);
  }
  if (asked !== null) remember(asked);
  return { language, text, choose };
}

/** The first of a person's languages that the pages speak; Chinese where the browser names neither. */
export function preferredOf(languages: readonly string[] | undefined): Language {
  return languages?.map(parse).find((language) => language !== null) ?? 'zh-CN';
}

/** BCP 47, e.g. `zh-Hans-CN`, `EN-us`. */
function parse(tag: string | null): Language | null {
  const primary = tag?.toLowerCase().split(/[-_]/)[0];
  if (primary === 'en') return 'en';
  return primary === 'zh' ? 'zh-CN' : null;
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
