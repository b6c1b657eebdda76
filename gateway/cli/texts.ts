import { InvalidArgumentError } from 'commander';
import { readShownText } from '../domain/shown-text.ts';

/** For an argument that people will be shown. */
export function checkText(maxChars: number): (given: string) => string {
  return (given) => {
    const { text, fault } = readShownText(given, maxChars);
    if (text === null) throw new InvalidArgumentError(`text-invalid: it ${fault}`);
    return text;
  };
}
