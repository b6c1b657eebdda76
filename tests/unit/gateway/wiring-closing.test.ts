import { describe, expect, it } from 'vitest';
import { NotClosed, openInOrder } from '../../../gateway/wiring/closing.ts';

type Line = { err: Error; what: string };
const createLog = () => {
  const lines: Line[] = [];
  return { lines, log: { error: (fields: Line) => void lines.push(fields) } as never };
};

describe('what was opened', () => {
  it('is closed in reverse order, one after another, once', async () => {
    const { log } = createLog();
    const done: string[] = [];
    const opened = await openInOrder(log, async (onClose) => {
      for (const what of ['first', 'second', 'third'])
        onClose(what, async () => {
          done.push(`${what} begins`);
          await Promise.resolve();
          done.push(`${what} ends`);
        });
      return { offered: 1 };
    });
    expect(opened.offered).toBe(1);
    await Promise.all([opened.close(), opened.close()]);
    await opened.close();
    expect(done).toEqual(['third', 'second', 'first'].flatMap((what) => [`${what} begins`, `${what} ends`]));
  });

  it('is given back when a later opening fails, which is what is thrown', async () => {
    const { log, lines } = createLog();
    const done: string[] = [];
    const opening = openInOrder(log, async (onClose) => {
      onClose('first', () => void done.push('first'));
      onClose('second', () => Promise.reject(new Error('stuck')));
      onClose('third', () => void done.push('third'));
      throw new Error('the port is taken');
    });
    await expect(opening).rejects.toThrow('the port is taken');
    expect(done).toEqual(['third', 'first']);
    expect(lines.map(({ what, err }) => [what, err.message])).toEqual([['second', 'stuck']]);
  });

  it('is closed whatever cannot be; that is told once, also of a step in a step', async () => {
    const { log, lines } = createLog();
    const done: string[] = [];
    const opened = await openInOrder(log, async (onClose) => {
      onClose('the folder', () => void done.push('the folder'));
      const inner = await openInOrder(log, async (onInnerClose) => {
        onInnerClose('its file', () => void done.push('its file'));
        onInnerClose('its socket', () => {
          throw new Error('stuck');
        });
        return {};
      });
      onClose('the step', inner.close);
      return {};
    });
    await expect(opened.close()).rejects.toThrow(NotClosed);
    expect(done).toEqual(['its file', 'the folder']);
    expect(lines.map(({ what }) => what)).toEqual(['its socket']);
  });
});
