import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { LONG_FILES } from '../../support/longest-first.ts';

it('only files that there are begin first, each in one place', () => {
  const root = join(import.meta.dirname, '../../..');
  expect(LONG_FILES.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  expect(new Set(LONG_FILES).size).toBe(LONG_FILES.length);
});
