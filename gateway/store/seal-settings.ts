/** Whence the key comes that seals what is stored for all gateways: the settings, for both programs that have them. */
import { optional, resolvePath } from '../../protocol/process/setting-readers.ts';
import { type Environment, readSettings, secret, setting, Unfit } from '../../protocol/process/settings.ts';
import { readSealKey } from './seal-key.ts';

export type SealSettings = { sealKey: Buffer | null; sealKeyFile: string | null };

const [KEY, FILE] = ['MANYI_SEAL_KEY', 'MANYI_SEAL_KEY_FILE'];

export const SEAL_SETTINGS = {
  sealKey: secret(
    KEY,
    'with MANYI_DATABASE: the key (32 bytes in base64) that seals the keys in the database, the same for every gateway',
    optional(sealKey),
  ),
  sealKeyFile: setting(
    FILE,
    '',
    'file of that key instead; without either, seal.key in the data folder, made at the first start',
    optional(resolvePath),
  ),
};

function sealKey(text: string): Buffer {
  const key = readSealKey(text);
  if (key === null) throw new Unfit('must be 32 bytes in base64, as `openssl rand -base64 32` prints them');
  return key;
}

/** What is wrong between them. */
export const sealMistakes = ({ sealKey, sealKeyFile }: Partial<SealSettings>): string[] =>
  sealKey && sealKeyFile ? [`${KEY}, ${FILE}: set one of them`] : [];

/** @throws ConfigError */
export const readSealSettings = (environment: Environment = process.env): Readonly<SealSettings> =>
  readSettings(SEAL_SETTINGS, environment, sealMistakes);
