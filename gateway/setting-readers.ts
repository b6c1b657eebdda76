/** How the text of a setting becomes its value. Each throws Unfit for a value that cannot be. */
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { createCalendar } from './domain/calendar.ts';
import type { Weights } from './domain/score.ts';

/** Thrown for a value that cannot be; the message says what can. */
export class Unfit extends Error {}

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

export function oneOf(...allowed: string[]): (text: string) => string {
  return (text) => {
    if (!allowed.includes(text)) throw new Unfit(`must be one of ${allowed.join(', ')}`);
    return text;
  };
}

export function timeZone(text: string): string {
  try {
    createCalendar(text);
    return text;
  } catch {
    throw new Unfit('must be a time zone of the IANA database, e.g. Asia/Shanghai');
  }
}

export function weights(text: string): Weights {
  const parts = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const [satisfied, basically, unsatisfied] = parts;
  if (parts.length !== 3 || !parts.every((part) => part >= 0 && part <= 100))
    throw new Unfit('must be three numbers from 0 to 100, e.g. 100,60,0');
  return { satisfied, basically, unsatisfied } as Weights;
}

export function origins(text: string): string[] {
  const list = text.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
  for (const origin of list)
    if (!URL.canParse(origin) || new URL(origin).origin !== origin)
      throw new Unfit('must be origins separated by commas, e.g. https://wall.example.org');
  return list;
}

export function hostNames(text: string): string[] {
  const list = text.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim().toLowerCase()]));
  for (const host of list)
    if (!/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$|^[0-9a-f:]{2,45}$/.test(host))
      throw new Unfit('must be host names or addresses separated by commas, e.g. manyi.example.org,10.0.0.5');
  return list;
}

export function text(value: string): string {
  if (value.trim() === '') throw new Unfit('must not be empty');
  return value;
}

export function resolvePath(value: string): string {
  return resolve(text(value));
}

export function optional<T>(read: (value: string) => T): (value: string) => T | null {
  return (value) => (value === '' ? null : read(value));
}

export function networks(text: string): string[] {
  const list = text.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
  for (const network of list)
    if (!isNetwork(network))
      throw new Unfit(
        'must be addresses or networks separated by commas, e.g. 10.0.0.5,192.168.0.0/16,fd00::/8',
      );
  return list;
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const kind = isIP(address);
  if (kind === 0 || address.includes('%') || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (kind === 4 ? 32 : 128));
}

/** Segments of letters, digits, `.`, `_`, `-`: what needs no escaping anywhere, in a cookie's Path neither. */
export function basePath(text: string): string {
  const path = text.replace(/\/$/, '');
  if (path !== '' && (path.length > 100 || !/^(\/(?!\.{1,2}(\/|$))[\w.-]+)+$/.test(path)))
    throw new Unfit('must be a path such as /manyi');
  return path;
}
