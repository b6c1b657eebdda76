import { randomBytes } from 'node:crypto';
import { InvalidArgumentError } from 'commander';

/** Without 0/o, 1/l/i: an id is read out over the phone. */
const ALPHABET = '23456789abcdefghjkmnpqrstuvwxyz';

export function newId(prefix: string): string {
  return `${prefix}-${Array.from(randomBytes(8), (byte) => ALPHABET[byte % ALPHABET.length]).join('')}`;
}

export function checkId(pattern: string): (id: string) => string {
  return (id) => {
    if (!new RegExp(pattern).test(id) || id === 'gateway')
      throw new InvalidArgumentError(`an id matches ${pattern} and is not "gateway"`);
    return id;
  };
}
