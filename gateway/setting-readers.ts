/** Readers of settings that only the gateway has. Each throws Unfit for a value that cannot be. */
import { isIP } from 'node:net';
import { list } from '../protocol/process/setting-readers.ts';
import { Unfit } from '../protocol/process/settings.ts';
import { createCalendar } from './domain/calendar.ts';
import type { Weights } from './domain/score.ts';

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
  const found = list(text);
  for (const origin of found)
    if (!URL.canParse(origin) || new URL(origin).origin !== origin)
      throw new Unfit('must be origins separated by commas, e.g. https://wall.example.org');
  return found;
}

export function hostNames(text: string): string[] {
  const hosts = list(text.toLowerCase());
  for (const host of hosts)
    if (!/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$|^[0-9a-f:]{2,45}$/.test(host))
      throw new Unfit('must be host names or addresses separated by commas, e.g. manyi.example.org,10.0.0.5');
  return hosts;
}

export function networks(text: string): string[] {
  const found = list(text);
  for (const network of found)
    if (!isNetwork(network))
      throw new Unfit(
        'must be addresses or networks separated by commas, e.g. 10.0.0.5,192.168.0.0/16,fd00::/8',
      );
  return found;
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

/** Whole: what is left out would be taken from the environment of the program, and lead elsewhere than it says. */
export function databaseAddress(text: string): string {
  const address = text.trim();
  const found = URL.canParse(address.replace('@/', '@localhost/'))
    ? new URL(address.replace('@/', '@localhost/'))
    : null;
  const isWhole =
    found !== null &&
    /^postgres(ql)?:$/.test(found.protocol) &&
    found.username !== '' &&
    /^\/[^/]+$/.test(found.pathname) &&
    (!address.includes('@/') || found.searchParams.has('host'));
  if (!isWhole) throw new Unfit('must be postgresql://USER:PASSWORD@HOST:PORT/DATABASE');
  return address;
}
