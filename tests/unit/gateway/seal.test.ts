/** What is sealed: only its key opens it, under its own name, and as it was. */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSeal } from '../../../gateway/store/seal.ts';
import { createSeals, makeSealKeyFile, sealKeyIn } from '../../../gateway/store/seal-key.ts';
import { readSealSettings } from '../../../gateway/store/seal-settings.ts';

const KEY = Buffer.alloc(32, 1);
const OTHER = Buffer.alloc(32, 2);

describe('a seal', () => {
  const seal = createSeal(KEY);

  it('gives back what was closed, under its name alone', () => {
    const bytes = fc.uint8Array({ maxLength: 5_000 }).map((one) => Buffer.from(one));
    fc.assert(
      fc.property(bytes, fc.string(), fc.string(), (secret, name, otherName) => {
        const sealed = seal.close(name, secret);
        expect(createSeal(Buffer.from(KEY)).open(name, sealed)).toEqual(secret);
        if (otherName !== name) expect(seal.open(otherName, sealed)).toBeNull();
      }),
    );
  });

  it('opens nothing that was changed in any bit, cut anywhere, or made longer', () => {
    const sealed = seal.close('authority', Buffer.from('a secret of some bytes'));
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(seal.open('authority', changed)).toBeNull();
    }
    for (let length = 0; length < sealed.length; length++) {
      expect(seal.open('authority', sealed.subarray(0, length))).toBeNull();
      expect(seal.open('authority', sealed.subarray(sealed.length - length))).toBeNull();
    }
    expect(seal.open('authority', Buffer.concat([sealed, Buffer.alloc(1)]))).toBeNull();
  });

  it('is another one each time, and shows nothing of what is in it', () => {
    const secret = Buffer.from('-----BEGIN PRIVATE KEY-----');
    const sealed = Array.from({ length: 200 }, () => seal.close('authority', secret));
    expect(new Set(sealed.map((one) => one.toString('hex'))).size).toBe(200);
    for (const one of sealed) expect(one.includes('PRIVATE')).toBe(false);
  });

  it('of another key opens nothing, and has another id, which is not made of the key as it is', () => {
    const other = createSeal(OTHER);
    expect(other.open('audit', seal.close('audit', randomBytes(32)))).toBeNull();
    expect(other.id).not.toBe(seal.id);
    expect(seal.id).toMatch(/^[0-9a-f]{16}$/);
    expect(KEY.toString('hex')).not.toContain(seal.id);
  });
});

describe('the key of the seal', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'manyi-seal-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));
  const file = () => sealKeyIn(dataDir);
  const seals = (options: { sealKey?: Buffer; sealKeyFile?: string } = {}) =>
    createSeals({ sealKey: null, sealKeyFile: null, ...options, dataDir });
  const refusal = (act: () => unknown) => {
    try {
      act();
    } catch (error) {
      return error as Error & { code: string };
    }
    throw new Error('it was not refused');
  };

  it('is made for the first secret, for its owner alone, and is the same from then on', () => {
    const { id } = seals().first();
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(seals().first().id).toBe(id);
    expect(seals().of(id).id).toBe(id);
  });

  it('is not made where secrets are sealed already, or where the settings say where it is', () => {
    const { id } = createSeal(KEY);
    const missing = refusal(() => seals().of(id));
    expect(missing.code).toBe('seal-key-missing');
    expect(missing.message).toContain(file());
    const elsewhere = join(dataDir, 'secrets', 'seal');
    expect(refusal(() => seals({ sealKeyFile: elsewhere }).first()).code).toBe('seal-key-missing');
    expect([existsSync(file()), existsSync(elsewhere)]).toEqual([false, false]);
    expect(seals({ sealKey: KEY }).first().id).toBe(id);
    expect(existsSync(file())).toBe(false);
  });

  it('that is another one is refused by its id, and none of the two keys is told', () => {
    writeFileSync(file(), `${OTHER.toString('base64')}\n`, { mode: 0o600 });
    const wrong = refusal(() => seals().of(createSeal(KEY).id));
    expect(wrong.code).toBe('seal-key-wrong');
    expect(wrong.message).toContain(createSeal(OTHER).id);
    for (const form of ['base64', 'hex'] as const)
      expect(wrong.message).not.toContain(OTHER.toString(form).slice(0, 20));
  });

  it('that was put in the place of the old one is taken up', () => {
    const old = seals();
    const { id } = old.first();
    const next = createSeal(KEY);
    expect(refusal(() => old.of(next.id)).code).toBe('seal-key-wrong');
    writeFileSync(file(), KEY.toString('base64'));
    expect(old.of(next.id).id).toBe(next.id);
    expect(refusal(() => old.of(id)).code).toBe('seal-key-wrong');
  });

  it.each([0o604, 0o602, 0o620, 0o644, 0o777])('that others may read or change (%o) is refused', (mode) => {
    makeSealKeyFile(file());
    chmodSync(file(), mode);
    expect(refusal(() => seals().first()).code).toBe('seal-key-exposed');
  });

  it.each([0o600, 0o400, 0o440])('that its owner, or a group on purpose, may read (%o) is taken', (mode) => {
    makeSealKeyFile(file());
    chmodSync(file(), mode);
    expect(seals().first().id).toMatch(/^[0-9a-f]{16}$/);
  });

  it.each([
    ['empty', ''],
    ['cut', KEY.toString('base64').slice(0, 20)],
    ['of 31 bytes', Buffer.alloc(31).toString('base64')],
    ['of 33 bytes', Buffer.alloc(33).toString('base64')],
    ['hexadecimal', KEY.toString('hex')],
  ])('that is %s is refused, in a file and in the settings, and not repeated', (_how, text) => {
    writeFileSync(file(), text, { mode: 0o600 });
    expect(refusal(() => seals().first()).code).toBe('seal-key-damaged');
    expect(readFileSync(file(), 'utf8')).toBe(text);
    if (text === '') return;
    const told = refusal(() => readSealSettings({ MANYI_SEAL_KEY: text }));
    expect(told.code).toBe('config-invalid');
    expect(told.message).toContain('MANYI_SEAL_KEY');
    expect(told.message).not.toContain(text);
  });

  it('is named once: by itself, or by its file', () => {
    const sealKey = KEY.toString('base64');
    expect(readSealSettings({ MANYI_SEAL_KEY: ` ${sealKey}\n` })).toEqual({
      sealKey: KEY,
      sealKeyFile: null,
    });
    expect(readSealSettings({})).toEqual({ sealKey: null, sealKeyFile: null });
    const both = refusal(() => readSealSettings({ MANYI_SEAL_KEY: sealKey, MANYI_SEAL_KEY_FILE: file() }));
    expect(both.message).toContain('set one of them');
  });
});
