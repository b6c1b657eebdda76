/** The terminal's settings, from the environment. The only file that reads it. */
import { TERMINAL_ID_PATTERN } from '../protocol/ids.ts';
import { MQTT_PORT } from '../protocol/ports.ts';
import { LOG_LEVEL } from '../protocol/process/config.ts';
import { contentOf, integer, list, oneOf, optional, text } from '../protocol/process/setting-readers.ts';
import {
  type Environment,
  helpOf,
  readSettings,
  secret,
  setting,
  Unfit,
  type ValuesOf,
} from '../protocol/process/settings.ts';
import { INPUT_NAMES, type InputName } from './inputs/input.ts';

export type AgentConfig = {
  terminalId: string;
  enrolmentCode?: string;
  identityFolder: string;
  gatewayUrl: string;
  journalPath: string;
  inputs: InputName[];
  gpio?: { chip: string; buttons: [number, number, number]; activeLow: boolean; lamp?: number | undefined };
  language: 'zh' | 'en';
  healthIntervalS: number;
  keepAckedDays: number;
  keepAckedMb?: number;
};

/** Which terminal it is may be left to its code or its certificate. */
export type Settings = Omit<AgentConfig, 'terminalId'> & { terminalId?: string };
export type LogLevel = ReturnType<typeof LOG_LEVEL.read>;
export type Config = { agent: Settings; logLevel: LogLevel };

const offset = integer(0, 1023);

const SETTINGS = {
  gatewayUrl: setting(
    'MANYI_GATEWAY',
    `mqtts://127.0.0.1:${MQTT_PORT}`,
    'mqtts:// address of the gateway',
    (value) => {
      if (!/^mqtts:\/\/\S+$/.test(value)) throw new Unfit('must be an address that begins with mqtts://');
      return value;
    },
  ),
  enrolmentCode: secret(
    'MANYI_ENROLMENT_CODE',
    'the code that `terminal add` printed; needed once, for the certificate',
    optional((value) => readCode(value.trim())),
  ),
  enrolmentCodeFile: setting(
    'MANYI_ENROLMENT_CODE_FILE',
    '',
    'or a file that holds the code',
    optional((file) => optional(readCode)(contentOf(file))),
  ),
  identityFolder: setting('MANYI_IDENTITY', './data/identity', 'folder of the key and the certificate', text),
  terminalId: setting(
    'MANYI_TERMINAL',
    '',
    'this terminal, e.g. heze-hall-03, if it is to be held against code and certificate',
    optional((value) => {
      if (!new RegExp(TERMINAL_ID_PATTERN).test(value)) throw new Unfit('must be the id of a terminal');
      return value;
    }),
  ),
  journalPath: setting(
    'MANYI_JOURNAL',
    './data/journal.db',
    'where votes are kept until the gateway has them',
    text,
  ),
  inputs: setting('MANYI_INPUTS', 'keyboard', `${INPUT_NAMES.join(', ')}; comma between`, (value) => {
    const names = list(value).map(oneOf(...INPUT_NAMES));
    if (new Set(names).size < names.length) throw new Unfit('must name no input twice');
    return names;
  }),
  gpioChip: setting(
    'MANYI_GPIO_CHIP',
    '',
    'label of the GPIO chip, e.g. pinctrl-bcm2711 (see gpiodetect)',
    optional(text),
  ),
  gpioButtons: setting(
    'MANYI_GPIO_BUTTONS',
    '',
    'line offsets of satisfied, basically, unsatisfied, e.g. 17,27,22',
    optional((value) => {
      const offsets = list(value).map(offset);
      if (offsets.length !== 3) throw new Unfit('must be the line offsets of three buttons, e.g. 17,27,22');
      return offsets as [number, number, number];
    }),
  ),
  gpioActiveLow: setting(
    'MANYI_GPIO_ACTIVE_LOW',
    '1',
    '1: buttons to ground, pull-up; 0: buttons to 3.3 V',
    oneOf('1', '0'),
  ),
  gpioLamp: setting(
    'MANYI_GPIO_LAMP',
    '',
    'line offset of the thank-you lamp; none when left out',
    optional(offset),
  ),
  language: setting('MANYI_LANG', 'zh', 'zh or en: which comes first on the screen', oneOf('zh', 'en')),
  healthIntervalS: setting(
    'MANYI_HEALTH_INTERVAL_S',
    '60',
    'seconds between health reports',
    integer(1, 3_600),
  ),
  keepAckedDays: setting(
    'MANYI_KEEP_ACKED_DAYS',
    '7',
    'days that votes stay after the gateway has them',
    integer(1, 365),
  ),
  keepAckedMb: setting(
    'MANYI_KEEP_ACKED_MB',
    '64',
    'but no more than so many megabytes, the oldest go first',
    integer(1, 4_096),
  ),
  logLevel: LOG_LEVEL,
};

/** @throws ConfigError with one line a mistake. */
export function readConfig(environment: Environment = process.env): Config {
  const values = readSettings(SETTINGS, environment, gpioMistakes);
  const { terminalId, enrolmentCodeFile, gpioChip, gpioButtons, gpioActiveLow, gpioLamp, ...read } = values;
  const { logLevel, enrolmentCode: givenCode, ...others } = read;
  const enrolmentCode = enrolmentCodeFile ?? givenCode;
  const agent: Settings = {
    ...others,
    ...(terminalId !== null && { terminalId }),
    ...(enrolmentCode !== null && { enrolmentCode }),
    ...(gpioChip !== null &&
      gpioButtons !== null && {
        gpio: {
          chip: gpioChip,
          buttons: gpioButtons,
          activeLow: gpioActiveLow === '1',
          ...(gpioLamp !== null && { lamp: gpioLamp }),
        },
      }),
  };
  return Object.freeze({ agent, logLevel });
}

export const configHelp = (): string => helpOf(SETTINGS);

function gpioMistakes({ inputs, gpioChip, gpioButtons }: Partial<ValuesOf<typeof SETTINGS>>): string[] {
  const wantsGpio = inputs
    ? gpioChip !== null || inputs.some((name) => name.startsWith('gpio'))
    : gpioButtons !== null;
  if (!wantsGpio) return [];
  return [
    gpioChip === null ? [`${SETTINGS.gpioChip.name}: a GPIO input needs the label of its chip`] : [],
    gpioButtons === null ? [`${SETTINGS.gpioButtons.name}: a GPIO input needs its three buttons`] : [],
  ].flat();
}

function readCode(value: string): string {
  if (!/^\S{1,200}$/.test(value)) throw new Unfit('must be the code that `terminal add` printed');
  return value;
}
