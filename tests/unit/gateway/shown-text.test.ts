import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readShownText, withoutHidden } from '../../../gateway/domain/shown-text.ts';

const of = (...codes: number[]) => String.fromCodePoint(...codes);

describe('a text that people are shown', () => {
  it.each([
    ['社保综合窗口', '社保综合窗口'],
    ['  大厅  ', '大厅'],
    ['e\u0301', '\u00e9'],
    ['𠮷野家', '𠮷野家'],
    [of(0x1f468, 0x200d, 0x1f469), of(0x1f468, 0x200d, 0x1f469)],
    [of(0x8fbb, 0xe0100), of(0x8fbb, 0xe0100)],
    ['مكتب', 'مكتب'],
  ])('%j is taken', (given, text) => {
    expect(readShownText(given, 80)).toEqual({ text, fault: null });
  });

  it.each([
    ['', /nothing that can be seen/],
    ['   ', /nothing that can be seen/],
    [of(0x3000, 0x2800), /nothing that can be seen/],
    [of(0x200d), /nothing that can be seen/],
    [of(0x301), /nothing that can be seen/],
    ['a\nb', /control character.*U\+000A/],
    [`a${of(0x85)}b`, /U\+0085/],
    [`a${of(0x2028)}b`, /U\+2028/],
    ...[0x61c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069].map(
      (code): [string, RegExp] => [`a${of(code)}b`, /direction of writing/],
    ),
    ...[0xad, 0x34f, 0x115f, 0x200b, 0x2060, 0x3164, 0xfeff, 0xe0041].map((code): [string, RegExp] => [
      `a${of(code)}b`,
      /invisible/,
    ]),
    ['a\ud83d', /surrogate/],
    ['\udc00a', /surrogate/],
    [`a${of(0xffff)}`, /no character/],
    ['长'.repeat(81), /81 characters/],
  ])('%j is not', (given, why) => {
    expect(readShownText(given, 80).fault).toMatch(why);
    expect(readShownText(given, 80).text).toBeNull();
  });

  it('stays as it is when it is read again, and is well formed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (given) => {
        const { text } = readShownText(given, 40);
        if (text === null) return;
        expect(readShownText(text, 40).text).toBe(text);
        expect(Buffer.from(text).toString()).toBe(text);
        expect(withoutHidden(text)).toBe(text);
      }),
    );
  });

  it('of a machine is kept as far as it can be shown', () => {
    expect(withoutHidden(`Firefox${of(0x9b)}2J${of(0x202e)}/1\ud800`)).toBe('Firefox\ufffd2J\ufffd/1\ufffd');
  });
});
