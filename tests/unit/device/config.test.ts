import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../device/config.ts';

const CODE = `hall-01.${'a'.repeat(26)}.${'b'.repeat(32)}`;

describe('the terminal’s settings', () => {
  it('need nothing but a code, and not even that later', () => {
    expect(readConfig({ MANYI_ENROLMENT_CODE: CODE }).agent.enrolmentCode).toBe(CODE);
    expect(readConfig({})).toEqual({
      agent: {
        identityFolder: './data/identity',
        gatewayUrl: 'mqtts://127.0.0.1:8883',
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
      MANYI_GATEWAY: 'mqtt://x',
      MANYI_INPUTS: 'gpio-line,telepathy',
      MANYI_GPIO_BUTTONS: '17,27',
      MANYI_HEALTH_INTERVAL_S: 'soon',
      MANYI_GPIO_ACTIVE_LOW: 'yes',
      MANYI_LOG_LEVEL: 'loud',
      MANYI_ENROLMENT_CODE_FILE: '/nowhere/at/all',
    };
    let message = '';
    try {
      readConfig(wrong);
    } catch (error) {
      message = (error as Error).message;
      expect(error).toMatchObject({ code: 'config-invalid' });
    }
    const named = message.split('\n').map((line) => line.split(/[:=]/)[0]);
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
        'MANYI_ENROLMENT_CODE_FILE',
      ]),
    );
  });

  it('do not take a code that is none, nor repeat it', () => {
    expect(() => readConfig({ MANYI_ENROLMENT_CODE: 'secret without dots' })).toThrow(
      /MANYI_ENROLMENT_CODE: must be the code/,
    );
    expect(() => readConfig({ MANYI_ENROLMENT_CODE: 'secret without dots' })).not.toThrow(/secret without/);
  });
});
