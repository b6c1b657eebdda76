/** Options that several commands have, each said once. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { createZonedTime } from '../domain/zoned-time.ts';

/** Where something is set or asked. */
export type Place = { unit?: string; window?: string };

export const withPlace = (command: Command): Command =>
  command
    .option('--unit <id>', 'of this unit and what is below it')
    .option('--window <id>', 'of this window');

export const DEFAULT_ZONE = 'Asia/Shanghai';

export const zone = (): Option =>
  new Option('--time-zone <zone>', "the gateway's, whose days they are")
    .env('MANYI_TIME_ZONE')
    .default(DEFAULT_ZONE)
    .argParser(readZone);

/** @throws InvalidArgumentError */
function readZone(text: string): string {
  try {
    createZonedTime(text);
    return text;
  } catch {
    throw new InvalidArgumentError('a time zone of the IANA database, e.g. Asia/Shanghai');
  }
}
