/** Options that several commands have, each said once. */
import { type Command, Option } from 'commander';

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
    .default(DEFAULT_ZONE);
