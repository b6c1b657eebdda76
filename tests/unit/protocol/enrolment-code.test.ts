import { describe, expect, it } from 'vitest';
import { faultOfCode, formatEnrolmentCode, parseEnrolmentCode } from '../../../protocol/enrolment-code.ts';

const CODE = formatEnrolmentCode({
  terminalId: 'heze-hall-03',
  secret: 'a2'.repeat(13),
  authority: 'b7'.repeat(16),
});

describe('a code that will not do', () => {
  it('is cut off, wherever it ends', () => {
    for (let length = 2; length < CODE.length; length++)
      expect(faultOfCode(CODE.slice(0, length)), `${length}`).toBe('cut-off');
    expect(faultOfCode(` ${CODE.slice(0, -1)} `)).toBe('cut-off');
  });

  it.each([
    CODE.replace('a2', '02'),
    CODE.replace('b7', 'b8'),
    `${CODE}b`,
    `${CODE}.`,
    `${CODE}${CODE}`,
    CODE.replace('.a', '.'),
    CODE.replace('.', ','),
    '.'.repeat(3),
    '',
  ])('is mistyped: %s', (code) => {
    expect(parseEnrolmentCode(code)).toBeNull();
    expect(faultOfCode(code)).toBe('mistyped');
  });

  it('is none of these when its form is right', () => {
    expect(faultOfCode(CODE)).toBeNull();
    expect(faultOfCode(` ${CODE.toUpperCase()}\n`)).toBeNull();
  });
});
