import { describe, expect, it } from 'vitest';
import { integer, list, oneOf, optional, text } from '../../../protocol/process/setting-readers.ts';
import { ConfigError, helpOf, readSettings, secret, setting } from '../../../protocol/process/settings.ts';

const SETTINGS = {
  port: setting('X_PORT', '8080', 'where it listens', integer(0, 65_535)),
  names: setting('X_NAMES', '', 'further names', list),
  mode: setting('X_MODE', 'off', 'off or on', oneOf('off', 'on')),
  folder: setting('X_FOLDER', './data', 'where things lie', text),
  password: secret(
    'X_PASSWORD',
    'of the first account',
    optional((value) => {
      if (value.length < 3) throw new Error('not an Unfit');
      return value;
    }),
  ),
};

describe('settings', () => {
  it('have their defaults, also where they are set to nothing', () => {
    const fallbacks = { port: 8080, names: [], mode: 'off', folder: './data', password: null };
    expect(readSettings(SETTINGS, {})).toEqual(fallbacks);
    const nothing = { X_PORT: '', X_NAMES: ' ', X_MODE: '', X_FOLDER: '  ', X_PASSWORD: '' };
    expect(readSettings(SETTINGS, nothing)).toEqual(fallbacks);
  });

  it('are taken without the blanks around them; a secret as it is', () => {
    const values = readSettings(SETTINGS, { X_PORT: ' 80 ', X_NAMES: 'a, b,', X_PASSWORD: ' abc ' });
    expect(values).toMatchObject({ port: 80, names: ['a', 'b'], password: ' abc ' });
    expect(Object.isFrozen(values)).toBe(true);
  });

  it('tell all mistakes at once, those between settings too', () => {
    const read = () =>
      readSettings(SETTINGS, { X_PORT: '70000', X_MODE: 'perhaps' }, ({ port, folder }) => [
        `${port} and ${folder} do not go together`,
      ]);
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(
      [
        'X_PORT=70000: must be a whole number from 0 to 65535',
        'X_MODE=perhaps: must be one of off, on',
        'undefined and ./data do not go together',
      ].join('\n'),
    );
  });

  it('do not hide a mistake of the program as one of the settings', () => {
    expect(() => readSettings(SETTINGS, { X_PASSWORD: 'ab' })).toThrow('not an Unfit');
  });

  it('are explained from the same place, with their defaults', () => {
    expect(helpOf(SETTINGS)).toBe(
      [
        '  X_PORT      where it listens [8080]',
        '  X_NAMES     further names',
        '  X_MODE      off or on [off]',
        '  X_FOLDER    where things lie [./data]',
        '  X_PASSWORD  of the first account',
      ].join('\n'),
    );
  });
});
