/** The terminal's settings, from the environment. The only file that reads it. Reports all errors at once. */
import { readFileSync } from 'node:fs';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { TERMINAL_ID_PATTERN } from '../protocol/ids.ts';
import { DeviceError, messageOf } from './errors.ts';
import { INPUT_NAMES, type InputName } from './inputs/input.ts';

const Offset = Type.Integer({ minimum: 0, maximum: 1023 });

const AgentConfigSchema = Type.Object(
  {
    terminalId: Type.Optional(Type.String({ pattern: TERMINAL_ID_PATTERN })),
    enrolmentCode: Type.Optional(Type.String({ pattern: '^\\S{1,200}$' })),
    identityFolder: Type.String({ minLength: 1 }),
    gatewayUrl: Type.String({ pattern: '^mqtts://[^\\s]+$' }),
    journalPath: Type.String({ minLength: 1 }),
    inputs: Type.Array(Type.Enum([...INPUT_NAMES]), { maxItems: 3, uniqueItems: true }),
    gpio: Type.Optional(
      Type.Object({
        chip: Type.String({ minLength: 1 }),
        buttons: Type.Tuple([Offset, Offset, Offset]),
        activeLow: Type.Boolean(),
        lamp: Type.Optional(Offset),
      }),
    ),
    language: Type.Enum(['zh', 'en']),
    healthIntervalS: Type.Integer({ minimum: 1, maximum: 3600 }),
    keepAckedDays: Type.Integer({ minimum: 1, maximum: 365 }),
    keepAckedMb: Type.Optional(Type.Integer({ minimum: 1, maximum: 4_096 })),
  },
  { additionalProperties: false },
);

export type AgentConfig = Omit<
  Static<typeof AgentConfigSchema>,
  'terminalId' | 'inputs' | 'gpio' | 'language'
> & {
  terminalId: string;
  inputs: InputName[];
  gpio?: { chip: string; buttons: [number, number, number]; activeLow: boolean; lamp?: number | undefined };
  language: 'zh' | 'en';
};

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';
/** Which terminal it is may be left to its code or its certificate. */
export type Settings = Omit<AgentConfig, 'terminalId'> & { terminalId?: string };
export type Config = { agent: Settings; logLevel: LogLevel };

/** What each setting is called outside, for messages; also the text of --help. */
export const SETTINGS: readonly (readonly [name: string, path: string, help: string])[] = [
  ['MANYI_GATEWAY', 'gatewayUrl', 'mqtts:// address of the gateway (mqtts://127.0.0.1:8883)'],
  [
    'MANYI_ENROLMENT_CODE',
    'enrolmentCode',
    'the code that `terminal add` printed; needed once, for the certificate',
  ],
  ['MANYI_ENROLMENT_CODE_FILE', 'enrolmentCode', 'or a file that holds the code'],
  ['MANYI_IDENTITY', 'identityFolder', 'folder of the key and the certificate (./data/identity)'],
  [
    'MANYI_TERMINAL',
    'terminalId',
    'this terminal, e.g. heze-hall-03, if it is to be held against code and certificate',
  ],
  ['MANYI_JOURNAL', 'journalPath', 'where votes are kept until the gateway has them (./data/journal.db)'],
  ['MANYI_INPUTS', 'inputs', 'keyboard, gpio-sysfs, gpio-line; comma between (keyboard)'],
  ['MANYI_GPIO_CHIP', 'gpio/chip', 'label of the GPIO chip, e.g. pinctrl-bcm2711 (see gpiodetect)'],
  ['MANYI_GPIO_BUTTONS', 'gpio/buttons', 'line offsets of satisfied, basically, unsatisfied, e.g. 17,27,22'],
  ['MANYI_GPIO_ACTIVE_LOW', 'gpio/activeLow', '1: buttons to ground, pull-up; 0: buttons to 3.3 V (1)'],
  ['MANYI_GPIO_LAMP', 'gpio/lamp', 'line offset of the thank-you lamp; none when left out'],
  ['MANYI_LANG', 'language', 'zh or en: which comes first on the screen (zh)'],
  ['MANYI_HEALTH_INTERVAL_S', 'healthIntervalS', 'seconds between health reports (60)'],
  ['MANYI_KEEP_ACKED_DAYS', 'keepAckedDays', 'days that votes stay after the gateway has them (7)'],
  ['MANYI_KEEP_ACKED_MB', 'keepAckedMb', 'but no more than so many megabytes, the oldest go first (64)'],
  ['MANYI_LOG_LEVEL', 'logLevel', 'debug, info, warn, error or silent (info)'],
];

const validator = Compile(AgentConfigSchema);
const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'];

/** Throws `config-invalid` with one line an error. An empty variable counts as not set. */
export function readConfig(environment: Record<string, string | undefined> = process.env): Config {
  const errors: string[] = [];
  const get = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const number = (name: string): number | undefined =>
    get(name) === undefined ? undefined : Number(get(name));

  const enrolmentCode = readCode(get, errors);
  const inputs = (get('MANYI_INPUTS') ?? 'keyboard')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  const wantsGpio = inputs.some((name) => name.startsWith('gpio'));
  const lamp = number('MANYI_GPIO_LAMP');
  const activeLow = get('MANYI_GPIO_ACTIVE_LOW') ?? '1';
  if (!['0', '1'].includes(activeLow)) errors.push('MANYI_GPIO_ACTIVE_LOW: must be 1 or 0');
  const candidate = {
    ...(get('MANYI_TERMINAL') === undefined ? {} : { terminalId: get('MANYI_TERMINAL') }),
    ...(enrolmentCode === undefined ? {} : { enrolmentCode }),
    identityFolder: get('MANYI_IDENTITY') ?? './data/identity',
    gatewayUrl: get('MANYI_GATEWAY') ?? 'mqtts://127.0.0.1:8883',
    journalPath: get('MANYI_JOURNAL') ?? './data/journal.db',
    inputs,
    ...(wantsGpio || get('MANYI_GPIO_CHIP') !== undefined
      ? {
          gpio: {
            chip: get('MANYI_GPIO_CHIP'),
            buttons: (get('MANYI_GPIO_BUTTONS') ?? '')
              .split(',')
              .map((part) => (part.trim() ? Number(part) : Number.NaN)),
            activeLow: activeLow === '1',
            ...(lamp === undefined ? {} : { lamp }),
          },
        }
      : {}),
    language: get('MANYI_LANG') ?? 'zh',
    healthIntervalS: number('MANYI_HEALTH_INTERVAL_S') ?? 60,
    keepAckedDays: number('MANYI_KEEP_ACKED_DAYS') ?? 7,
    keepAckedMb: number('MANYI_KEEP_ACKED_MB') ?? 64,
  };
  const named = new Set<string>();
  for (const { instancePath, message } of validator.Errors(candidate)) {
    const setting = settingAt(instancePath, message);
    if (named.has(setting)) continue;
    named.add(setting);
    errors.push(`${setting}: ${SETTINGS.find(([name]) => name === setting)?.[2] ?? message}`);
  }
  const logLevel = get('MANYI_LOG_LEVEL') ?? 'info';
  if (!LEVELS.includes(logLevel)) errors.push(`MANYI_LOG_LEVEL: one of ${LEVELS.join(', ')}`);
  if (errors.length > 0) throw new DeviceError('config-invalid', errors.join('\n'));
  return Object.freeze({ agent: candidate as Settings, logLevel: logLevel as LogLevel });
}

function readCode(get: (name: string) => string | undefined, errors: string[]): string | undefined {
  const file = get('MANYI_ENROLMENT_CODE_FILE');
  if (file === undefined) return get('MANYI_ENROLMENT_CODE');
  try {
    return readFileSync(file, 'utf8').trim() || undefined;
  } catch (error) {
    errors.push(`MANYI_ENROLMENT_CODE_FILE: ${messageOf(error)}`);
    return undefined;
  }
}

function settingAt(instancePath: string, message: string): string {
  const path = instancePath.replace(/^\//, '');
  const found = SETTINGS.find(([, at]) => path === at || path.startsWith(`${at}/`));
  // A missing property is reported at its parent, with its name in the message.
  const missing = SETTINGS.find(([, at]) => at.startsWith(path) && message.includes(at.split('/').at(-1)!));
  return (found ?? missing)?.[0] ?? (path || 'configuration');
}
