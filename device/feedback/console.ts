/** The thank-you as a line of text, for a terminal with a screen and for a desk. */
import type { Feedback } from './feedback.ts';

const TEXTS = {
  zh: {
    thanks: '谢谢您的评价 Thank you',
    refused: '未能记录，请稍后再试 Not taken, please try again',
    outOfOrder: '评价器暂停服务，请告知工作人员 Out of order, please tell the staff',
    backInOrder: '评价器已恢复 In order again',
  },
  en: {
    thanks: 'Thank you 谢谢您的评价',
    refused: 'Not taken, please try again 未能记录，请稍后再试',
    outOfOrder: 'Out of order, please tell the staff 评价器暂停服务，请告知工作人员',
    backInOrder: 'In order again 评价器已恢复',
  },
} as const;
export type Language = keyof typeof TEXTS;

export function createConsoleFeedback(language: Language, write: (line: string) => void): Feedback {
  const { thanks, refused, outOfOrder, backInOrder } = TEXTS[language];
  return {
    start: async () => {},
    thank: () => write(`${thanks}\n`),
    refuse: () => write(`${refused}\n`),
    setOutOfOrder: (active) => write(`${active ? outOfOrder : backInOrder}\n`),
    stop: async () => {},
  };
}
