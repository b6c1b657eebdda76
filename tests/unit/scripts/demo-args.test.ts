import { describe, expect, test } from 'vitest';
import { busyness, swell } from '../../../scripts/demo/citizens/day-rhythm.ts';
import { WINDOWS } from '../../../scripts/demo/citizens/district.ts';
import { parseDemoArgs } from '../../../scripts/demo/demo-args.ts';

const parse = (...argv: string[]) => parseDemoArgs(argv, '/data', '/somewhere');

describe('the demo’s options', () => {
  test('have defaults', () => {
    expect(parse()).toEqual({
      kind: 'run',
      options: {
        terminals: null,
        rate: 2,
        httpPort: 8080,
        mqttPort: 8883,
        dataDir: '/data/demo',
        keyboard: true,
        seed: 1,
        province: false,
      },
    });
  });

  test('are others in a province, which runs beside a demo of one gateway', () => {
    const given = parse('--province', '--rate', '5');
    expect(given).toMatchObject({
      kind: 'run',
      options: { province: true, rate: 5, httpPort: 8090, mqttPort: 8893, dataDir: '/data/province' },
    });
    expect(parse('--http-port=0', '--data-dir', 'd', '--province')).toMatchObject({
      options: { httpPort: 0, mqttPort: 8893, dataDir: '/somewhere/d' },
    });
  });

  test('are taken in both spellings', () => {
    const options =
      '--terminals 5 --rate=0.5 --http-port=0 --mqtt-port 2000 --data-dir d --no-keyboard --seed 9';
    expect(parse(...options.split(' '))).toEqual({
      kind: 'run',
      options: {
        terminals: 5,
        rate: 0.5,
        httpPort: 0,
        mqttPort: 2000,
        dataDir: '/somewhere/d',
        keyboard: false,
        seed: 9,
        province: false,
      },
    });
  });

  test('ask for help whatever else is said', () => {
    expect(parse('--rate', 'x', '--help').kind).toBe('help');
  });

  test.each([
    [['--terminals', '-1'], '--terminals'],
    [['--terminals', '1.5'], '--terminals'],
    [['--terminals', '1e3'], '--terminals'],
    [['--terminals'], '--terminals'],
    [['--rate', 'fast'], '--rate'],
    [['--rate', 'Infinity'], '--rate'],
    [['--rate', '1001'], '--rate'],
    [['--http-port', '65536'], '--http-port'],
    [['--mqtt-port', ''], '--mqtt-port'],
    [['--http-port', '8883'], '--mqtt-port'],
    [['--data-dir', ''], '--data-dir'],
    [['--seed', '0x1'], '--seed'],
    [['--no-keyboard=yes'], '--no-keyboard'],
    [['--province=2'], '--province'],
    [['--port', '80'], '--port'],
    [['8080'], '8080'],
  ])('%j is refused by name', (argv, named) => {
    const parsed = parse(...argv);
    expect(parsed.kind).toBe('wrong');
    expect(parsed.kind === 'wrong' && parsed.mistakes.join('\n')).toContain(named);
    expect(parsed.kind === 'wrong' && parsed.mistakes[0]).toMatch(/^[a-z-]+: /);
  });

  test('all mistakes are told at once', () => {
    const parsed = parse('--rate', 'x', '--seed', 'y', '--colour', 'red');
    expect(parsed.kind === 'wrong' && parsed.mistakes).toHaveLength(4);
  });
});

describe('the day', () => {
  const shanghai = (time: string) => Date.parse(`2026-11-20T${time}:00+08:00`);

  test('has a morning, a noon, an afternoon and a night', () => {
    expect(busyness(shanghai('10:15'), 0)).toBe(1);
    expect(busyness(shanghai('15:00'), 0)).toBe(1);
    for (const time of ['08:59', '12:00', '13:29', '17:00', '00:00', '23:59'])
      expect(busyness(shanghai(time), 0)).toBe(0.05);
    expect(busyness(shanghai('09:45'), -30)).toBe(1);
    expect(busyness(0, 600)).toBeGreaterThan(0);
  });

  test('swells around one', () => {
    const minutes = Array.from({ length: 6_790 }, (_, at) => swell(at * 6_000));
    expect(Math.min(...minutes)).toBeGreaterThanOrEqual(0.5);
    expect(minutes.reduce((sum, each) => sum + each, 0) / minutes.length).toBeCloseTo(1, 2);
  });

  test('is lived at 24 windows of 8 units', () => {
    expect(WINDOWS).toHaveLength(24);
    expect(new Set(WINDOWS.map(({ unit }) => unit.id)).size).toBe(8);
    expect(new Set(WINDOWS.map(({ id }) => id)).size).toBe(24);
    for (const { satisfied, basically } of WINDOWS) expect(satisfied + basically).toBeLessThan(100);
  });
});
