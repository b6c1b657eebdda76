import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { HTTP_PORT, MQTT_PORT } from '../../protocol/ports.ts';

export type DemoOptions = {
  /** Simulated terminals; null for one at every window. */
  terminals: number | null;
  /** Votes a second of all simulated terminals together, on average. */
  rate: number;
  httpPort: number;
  mqttPort: number;
  dataDir: string;
  keyboard: boolean;
  seed: number;
  /** Two gateways on one database instead of one gateway. */
  province: boolean;
};

export type ParsedArgs =
  | { kind: 'run'; options: DemoOptions }
  | { kind: 'help' }
  | { kind: 'wrong'; mistakes: string[] };

export const MAX_TERMINALS = 1_000;
export const MAX_RATE = 1_000;

/** Beside a demo of one gateway. */
const PROVINCE = { httpPort: HTTP_PORT + 10, mqttPort: MQTT_PORT + 10 };

export const DEMO_HELP = `Manyi demo: a small district that votes, and its wall.

  npm run demo -- [options]

  --province        two gateways on one PostgreSQL with a standby, HAProxy in front: kill any of them and watch
  --terminals N     simulated terminals, 0 to ${MAX_TERMINALS} (one at every window)
  --rate N          votes a second of all of them together, 0 to ${MAX_RATE} (2); more than one in 8 s a window are too quick to count
  --http-port P     port of the wall; 0 takes a free one (${HTTP_PORT}; ${PROVINCE.httpPort})
  --mqtt-port P     port for terminals; 0 takes a free one (${MQTT_PORT}; ${PROVINCE.mqttPort})
  --data-dir DIR    where everything is kept; used again when it exists (data/demo; data/province)
  --no-keyboard     no terminal at this keyboard: its window is simulated too
  --seed N          the same seed makes the same citizens (1)
  --help            this text

Where two defaults stand, the second is the province's.
`;

/** @param dataRoot absolute: the folder of data folders; relative paths given by the user start at `cwd` */
export function parseDemoArgs(argv: string[], dataRoot: string, cwd: string): ParsedArgs {
  const { tokens } = parseArgs({
    args: argv,
    strict: false,
    tokens: true,
    options: {
      terminals: { type: 'string' },
      rate: { type: 'string' },
      'http-port': { type: 'string' },
      'mqtt-port': { type: 'string' },
      'data-dir': { type: 'string' },
      'no-keyboard': { type: 'boolean' },
      seed: { type: 'string' },
      province: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const province = tokens.some((token) => token.kind === 'option' && token.name === 'province');
  const options: DemoOptions = {
    terminals: null,
    rate: 2,
    ...(province ? PROVINCE : { httpPort: HTTP_PORT, mqttPort: MQTT_PORT }),
    dataDir: join(dataRoot, province ? 'province' : 'demo'),
    keyboard: true,
    seed: 1,
    province,
  };
  const mistakes: string[] = [];
  const number = (flag: string, text: string | undefined, max: number, whole: boolean): number => {
    const pattern = whole ? /^\d+$/ : /^\d+(\.\d+)?$/;
    if (text !== undefined && pattern.test(text) && Number(text) <= max) return Number(text);
    const given = text === undefined ? 'nothing was given' : `"${text}" was given`;
    mistakes.push(
      `option-invalid: ${flag} takes a ${whole ? 'whole ' : ''}number from 0 to ${max}; ${given}.`,
    );
    return 0;
  };

  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      mistakes.push(`argument-unknown: "${token.value}"; options begin with --.`);
      continue;
    }
    const { rawName, value } = token;
    switch (token.name) {
      case 'help':
        return { kind: 'help' };
      case 'terminals':
        options.terminals = number(rawName, value, MAX_TERMINALS, true);
        break;
      case 'rate':
        options.rate = number(rawName, value, MAX_RATE, false);
        break;
      case 'http-port':
        options.httpPort = number(rawName, value, 65_535, true);
        break;
      case 'mqtt-port':
        options.mqttPort = number(rawName, value, 65_535, true);
        break;
      case 'seed':
        options.seed = number(rawName, value, 2 ** 32 - 1, true);
        break;
      case 'data-dir':
        if (value === undefined || value === '') mistakes.push(`option-invalid: ${rawName} takes a folder.`);
        else options.dataDir = resolve(cwd, value);
        break;
      case 'province':
        if (value !== undefined) mistakes.push(`option-invalid: ${rawName} takes no value.`);
        break;
      case 'no-keyboard':
        if (value !== undefined) mistakes.push(`option-invalid: ${rawName} takes no value.`);
        options.keyboard = false;
        break;
      default:
        mistakes.push(`option-unknown: ${rawName}.`);
    }
  }
  if (options.httpPort !== 0 && options.httpPort === options.mqttPort)
    mistakes.push(`option-invalid: --http-port and --mqtt-port are both ${options.httpPort}.`);
  return mistakes.length > 0 ? { kind: 'wrong', mistakes } : { kind: 'run', options };
}
