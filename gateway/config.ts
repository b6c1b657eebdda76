/** The gateway's configuration: from the environment, checked once, all mistakes told together, then frozen. */
import { HTTP_PORT, MQTT_PORT } from '../protocol/ports.ts';
import { LOG_LEVEL } from '../protocol/process/config.ts';
import { integer, number, oneOf, optional, resolvePath, text } from '../protocol/process/setting-readers.ts';
import { helpOf, readSettings, type Setting, secret, setting } from '../protocol/process/settings.ts';
import { DEFAULT_WEIGHTS, type Weights } from './domain/score.ts';
import { MAIL_SETTINGS, type MailSettings, mailMistakes } from './mail-settings.ts';
import {
  basePath,
  databaseAddress,
  hostNames,
  networks,
  origins,
  timeZone,
  weights,
} from './setting-readers.ts';
import { DATA_DIR, DATABASE } from './store/data-folder.ts';
import { SEAL_SETTINGS, sealMistakes } from './store/seal-settings.ts';

export type Config = MailSettings & {
  dataDir: string;
  /** `postgresql://…`: where votes and all else are kept; null for the data folder. */
  database: string | null;
  /** What the keys in that database are sealed with; null for a file. */
  sealKey: Buffer | null;
  /** … and that; null for the one in the data folder. */
  sealKeyFile: string | null;
  httpHost: string;
  httpPort: number;
  mqttHost: string;
  mqttPort: number;
  /** Further names and addresses that the gateway's own certificate is to hold. */
  hostNames: readonly string[];
  /** How long a terminal's certificate is good for. */
  certificateDays: number;
  timeZone: string;
  weights: Weights;
  /** Target for the satisfaction rate, 0 to 1. */
  targetRate: number;
  firstRules: 'default' | 'none';
  /** Fewer votes than this are an insufficient sample: no verdict on them, and no place. */
  minimumVotes: number;
  allowedOrigins: readonly string[];
  /** Addresses and networks (CIDR) of proxies whose word about the caller is taken. */
  trustedProxies: readonly string[];
  /** Terminals that come through a TCP balancer, which says whose connection it passes on. */
  mqttProxyProtocol: string;
  /** `` or `/manyi`: what every address of the pages and the API begins with. */
  basePath: string;
  /** Of the first administrator, when there is no account yet; null makes up a one-time password. */
  adminPassword: string | null;
  /** A session ends after so long, however much it is used, and after so long without a request. */
  sessionHours: number;
  sessionIdleMinutes: number;
  /** HTTP requests a second that one session, link or address may make. */
  requestsPerS: number;
  https: string;
  /** Files in PEM. */
  httpsCert: string | null;
  httpsKey: string | null;
  /** What one terminal can honestly have; more is held for a person. */
  votesPerMinute: number;
  votesPerHour: number;
  votesPerDay: number;
  /** Messages a second and terminal that are taken without delay, and how many in a row. */
  messagesPerS: number;
  messageBurst: number;
  /** Addresses and networks (CIDR) inside, to which webhooks may lead. */
  webhookNetworks: readonly string[];
  logLevel: string;
};

const { satisfied, basically, unsatisfied } = DEFAULT_WEIGHTS;

const SETTINGS = {
  dataDir: setting(DATA_DIR.name, DATA_DIR.fallback, DATA_DIR.help, resolvePath),
  database: secret(DATABASE.name, DATABASE.help, optional(databaseAddress)),
  ...SEAL_SETTINGS,
  httpHost: setting('MANYI_HTTP_HOST', '127.0.0.1', 'address that HTTP listens on', text),
  httpPort: setting(
    'MANYI_HTTP_PORT',
    String(HTTP_PORT),
    'HTTP port; 0 takes a free one',
    integer(0, 65_535),
  ),
  mqttHost: setting('MANYI_MQTT_HOST', '0.0.0.0', 'address that terminals connect to (MQTT over TLS)', text),
  mqttPort: setting(
    'MANYI_MQTT_PORT',
    String(MQTT_PORT),
    'MQTT port; 0 takes a free one',
    integer(0, 65_535),
  ),
  hostNames: setting(
    'MANYI_HOST_NAMES',
    '',
    "further names and addresses in the gateway's certificate",
    hostNames,
  ),
  certificateDays: setting(
    'MANYI_CERTIFICATE_DAYS',
    '365',
    "life of a terminal's certificate, which renews itself",
    number(0.0001, 3_650),
  ),
  timeZone: setting(
    'MANYI_TIME_ZONE',
    'Asia/Shanghai',
    'zone whose days and months scores are for; of units that have none of their own',
    timeZone,
  ),
  weights: setting(
    'MANYI_WEIGHTS',
    `${satisfied},${basically},${unsatisfied}`,
    'satisfaction index: what each rating is worth',
    weights,
  ),
  targetRate: setting('MANYI_TARGET_RATE', '0.85', 'target for the satisfaction rate', number(0, 1)),
  firstRules: setting(
    'MANYI_FIRST_RULES',
    'default',
    'rules that a new database judges votes by: default, or none',
    oneOf('default', 'none'),
  ),
  minimumVotes: setting(
    'MANYI_MINIMUM_VOTES',
    '30',
    'fewer votes than this are an insufficient sample: no verdict, no place',
    integer(1, 1e6),
  ),
  allowedOrigins: setting('MANYI_ALLOWED_ORIGINS', '', 'other origins whose pages may listen live', origins),
  trustedProxies: setting(
    'MANYI_TRUSTED_PROXIES',
    '',
    'addresses and networks of proxies in front, whose X-Forwarded-For, -Proto and -Host are believed',
    networks,
  ),
  mqttProxyProtocol: setting(
    'MANYI_MQTT_PROXY_PROTOCOL',
    'off',
    'off, or v2: trusted proxies, and only they, begin each MQTT connection with a PROXY protocol header',
    oneOf('off', 'v2'),
  ),
  basePath: setting(
    'MANYI_BASE_PATH',
    '',
    'serve pages and API below this path, e.g. /manyi; a proxy in front must not strip it',
    basePath,
  ),
  adminPassword: secret(
    'MANYI_ADMIN_PASSWORD',
    'password of the account admin, made at the first start; without one, a one-time password is printed',
    optional((value) => value),
  ),
  sessionHours: setting('MANYI_SESSION_HOURS', '12', 'hours after which a session ends', number(0.001, 720)),
  sessionIdleMinutes: setting(
    'MANYI_SESSION_IDLE_MINUTES',
    '120',
    'minutes without a request after which a session ends',
    number(0.01, 43_200),
  ),
  requestsPerS: setting(
    'MANYI_REQUESTS_PER_S',
    '100',
    'HTTP requests a second one session, link or address may make',
    number(1, 1e6),
  ),
  https: setting(
    'MANYI_HTTPS',
    'off',
    'off, or self-signed for a certificate of its own; not needed with MANYI_HTTPS_CERT',
    oneOf('off', 'self-signed'),
  ),
  httpsCert: setting('MANYI_HTTPS_CERT', '', 'file of a certificate (PEM): HTTPS', optional(resolvePath)),
  httpsKey: setting('MANYI_HTTPS_KEY', '', 'file of its private key (PEM)', optional(resolvePath)),
  messagesPerS: setting(
    'MANYI_MESSAGES_PER_S',
    '50',
    'messages a second one terminal may send',
    number(0.1, 1e6),
  ),
  messageBurst: setting(
    'MANYI_MESSAGE_BURST',
    '500',
    'messages in a row one terminal may send',
    integer(1, 1e6),
  ),
  votesPerMinute: setting(
    'MANYI_VOTES_PER_MINUTE',
    '30',
    'votes that one terminal can honestly have a minute; more are held for a person to decide',
    integer(1, 1e9),
  ),
  votesPerHour: setting('MANYI_VOTES_PER_HOUR', '600', 'and an hour', integer(1, 1e9)),
  votesPerDay: setting('MANYI_VOTES_PER_DAY', '3000', 'and a day', integer(1, 1e9)),
  webhookNetworks: setting(
    'MANYI_WEBHOOK_NETWORKS',
    '',
    'private addresses and networks to which webhooks of alerts may lead, e.g. 10.0.8.0/24; none else do',
    networks,
  ),
  ...MAIL_SETTINGS,
  logLevel: LOG_LEVEL,
} satisfies { [K in keyof Config]: Setting<Config[K]> };

/** @throws ConfigError that names every setting that is wrong. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Readonly<Config> {
  return readSettings(SETTINGS, environment, (values) => {
    const { httpsCert, httpsKey, mqttProxyProtocol, trustedProxies } = values;
    return [
      ...((httpsCert === null) === (httpsKey === null)
        ? []
        : ['MANYI_HTTPS_CERT, MANYI_HTTPS_KEY: set both or neither']),
      ...(mqttProxyProtocol !== 'off' && trustedProxies?.length === 0
        ? ['MANYI_MQTT_PROXY_PROTOCOL: set MANYI_TRUSTED_PROXIES to the addresses of the balancer, too']
        : []),
      ...sealMistakes(values),
      ...mailMistakes(values),
    ];
  });
}

export const configHelp = (): string => helpOf(SETTINGS);
