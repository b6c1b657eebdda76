/** The thank-you as a line of text, for a terminal with a screen and for a desk. */
import type { Feedback } from './feedback.ts';

const TEXTS = {
  zh: { thanks: '谢谢您的评价 Thank you', refused: '未能记录，请稍后再试 Not taken, please try again' },
  en: { thanks: 'Thank you 谢谢您的评价', refused: 'Not taken, please try again 未能记录，请稍后再试' },
} as const;
export type Language = keyof typeof TEXTS;

export function createConsoleFeedback(language: Language, write: (line: string) => void): Feedback {
  const { thanks, refused } = TEXTS[language];
  return {
    start: async () => {},
    thank: () => write(`${thanks}\n`),
    refuse: () => write(`${refused}\n`),
    stop: async () => {},
  };
}
