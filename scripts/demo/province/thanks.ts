/** What the terminal at the keyboard answers, on the screen of the province: the same for all three keys. */
import type { Feedback } from '../../../device/feedback/feedback.ts';
import * as words from '../screen/province-words.ts';

export function feedbackOn(tell: (line: string) => void): Feedback {
  return {
    start: async () => {},
    thank: () => tell(words.THANKS),
    refuse: () => tell(words.NOT_TAKEN),
    setOutOfOrder: (active) => tell(active ? words.OUT_OF_ORDER : words.IN_ORDER),
    stop: async () => {},
  };
}
