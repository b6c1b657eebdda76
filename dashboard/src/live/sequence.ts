import type { LiveMessage } from '../../../protocol/live.ts';

/** Where the wall stands in the stream; `askedAt` is when it asked for a new snapshot, null while all is well. */
export type Cursor = { instance: string; revision: number; askedAt: number | null } | null;

/** `replace` everything, `apply` a patch, `ask` for a snapshot, `confirm` (still up to date), or `ignore`. */
export type Step = 'replace' | 'apply' | 'ask' | 'confirm' | 'ignore';

/** A snapshot that was asked for and did not come is asked for again after this long. */
export const ASK_AGAIN_MS = 4_000;

/**
 * Decides what one message means for a wall that stands at `cursor`. `atMs` is any monotonic clock.
 * After a gap nothing but a snapshot is trusted: a patch that happens to fit cannot bring back what was missed.
 */
export function nextStep(cursor: Cursor, message: LiveMessage, atMs: number): { step: Step; cursor: Cursor } {
  if (message.type === 'snapshot') {
    return {
      step: 'replace',
      cursor: { instance: message.instance, revision: message.revision, askedAt: null },
    };
  }
  if (cursor === null) return { step: 'ignore', cursor };
  if (cursor.askedAt !== null) {
    if (atMs - cursor.askedAt < ASK_AGAIN_MS) return { step: 'ignore', cursor };
    return { step: 'ask', cursor: { ...cursor, askedAt: atMs } };
  }
  const fits =
    message.type === 'patch' ? message.from === cursor.revision : message.revision === cursor.revision;
  if (!fits) return { step: 'ask', cursor: { ...cursor, askedAt: atMs } };
  if (message.type === 'tick') return { step: 'confirm', cursor };
  return { step: 'apply', cursor: { ...cursor, revision: message.revision } };
}
