/** How the text of a setting becomes its value, for both programs. Each throws Unfit for a value that cannot be. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Unfit } from './settings.ts';

export function integer(from: number, to: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < from || value > to)
      throw new Unfit(`must be a whole number from ${from} to ${to}`);
    return value;
  };
}

export function number(from: number, to: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= from && value <= to))
      throw new Unfit(`must be a number from ${from} to ${to}`);
    return value;
  };
}

export function oneOf<const Value extends string>(...allowed: Value[]): (text: string) => Value {
  return (text) => {
    const found = allowed.find((value) => value === text);
    if (found === undefined) throw new Unfit(`must be one of ${allowed.join(', ')}`);
    return found;
  };
}

export function text(value: string): string {
  if (value.trim() === '') throw new Unfit('must not be empty');
  return value;
}

/** Comma between. */
export function list(text: string): string[] {
  return text.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
}

export function resolvePath(value: string): string {
  return resolve(text(value));
}

export function optional<T>(read: (value: string) => T): (value: string) => T | null {
  return (value) => (value === '' ? null : read(value));
}

/** What the file holds, without blanks around it. */
export function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Unfit((error as Error).message);
  }
}
