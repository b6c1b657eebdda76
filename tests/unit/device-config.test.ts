import { describe, expect, it } from 'vitest';
import { readConfig } from '../../device/config.ts';

describe('the terminal’s settings', () => {
  it('need nothing but the terminal’s name', () => {
    expect(readConfig({ MANYI_TERMINAL: 'hall-01' })).toEqual({
      agent: {
        terminalId: 'hall-01',
        gatewayUrl: 'mqtt://127.0.0.1:1883',
        journalPath: './data/journal.db',
        inputs: ['keyboard'],
        language: 'zh',
        healthIntervalS: 60,
        keepAckedDays: 7,
        keepAckedMb: 64,
      },
      logLevel: 'info',
    });
  });

  it('take three buttons and a lamp', () => {
    const { agent } = readConfig({
      MANYI_TERMINAL: 'hall-01',
      MANYI_INPUTS: 'gpio-line, keyboard',
      MANYI_GPIO_CHIP: 'pinctrl-bcm2711',
      MANYI_GPIO_BUTTONS: '17, 27,22',
      MANYI_GPIO_LAMP: '5',
    });
    expect(agent.inputs).toEqual(['gpio-line', 'keyboard']);
    expect(agent.gpio).toEqual({ chip: 'pinctrl-bcm2711', buttons: [17, 27, 22], activeLow: true, lamp: 5 });
  });

  it('say everything that is wrong at once, by the names that people set', () => {
    const wrong = {
      MANYI_TERMINAL: 'Hall 1',
      MANYI_GATEWAY: 'http://x',
      MANYI_INPUTS: 'gpio-line,telepathy',
      MANYI_GPIO_BUTTONS: '17,27',
      MANYI_HEALTH_INTERVAL_S: 'soon',
      MANYI_GPIO_ACTIVE_LOW: 'yes',
      MANYI_LOG_LEVEL: 'loud',
      MANYI_PASSWORD_FILE: '/nowhere/at/all',
    };
    let message = '';
    try {
      readConfig(wrong);
    } catch (error) {
      message = (error as Error).message;
      expect(error).toMatchObject({ code: 'config-invalid' });
    }
    const named = message.split('\n').map((line) => line.split(':')[0]);
    expect(new Set(named)).toEqual(
      new Set([
        'MANYI_TERMINAL',
        'MANYI_GATEWAY',
        'MANYI_INPUTS',
        'MANYI_GPIO_CHIP',
        'MANYI_GPIO_BUTTONS',
        'MANYI_HEALTH_INTERVAL_S',
        'MANYI_GPIO_ACTIVE_LOW',
        'MANYI_LOG_LEVEL',
        'MANYI_PASSWORD_FILE',
      ]),
    );
  });

  it('ask for the terminal’s name when it is missing', () => {
    expect(() => readConfig({})).toThrow(/MANYI_TERMINAL/);
  });
});
