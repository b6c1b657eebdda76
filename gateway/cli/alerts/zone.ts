import { Option } from 'commander';

export const DEFAULT_ZONE = 'Asia/Shanghai';

/** Whose days and quiet hours they are. */
export const zone = () =>
  new Option('--time-zone <zone>', "the gateway's").env('MANYI_TIME_ZONE').default(DEFAULT_ZONE);
