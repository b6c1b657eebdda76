/** Gives back what was opened, in reverse order: when a later opening fails, and when it is told to. */
import type { Logger } from 'pino';

export type Closable = {
  /**
   * Once, however often it is called. Whatever cannot be closed is logged, and the rest is closed all the same.
   * @throws NotClosed, when everything has been tried.
   */
  close(): Promise<void>;
};

/** Remembers how what was just opened is given back. */
export type OnClose = (what: string, close: () => unknown) => void;

/** Something did not close in order. It is in the log already. */
export class NotClosed extends Error {
  readonly code = 'not-closed';
  constructor(what: readonly string[]) {
    super(`not closed in order: ${what.join(', ')}`);
    this.name = 'NotClosed';
  }
}

/** @throws what `open` throws, after what it had opened until then was given back. */
export async function openInOrder<Offered extends object>(
  log: Pick<Logger, 'error'>,
  open: (onClose: OnClose) => Promise<Offered>,
): Promise<Offered & Closable> {
  const opened: { what: string; close: () => unknown }[] = [];
  const closeAll = async () => {
    const failed: string[] = [];
    for (const { what, close } of opened.reverse())
      try {
        await close();
      } catch (error) {
        failed.push(what);
        // Of a step in a step, it has been told.
        if (!(error instanceof NotClosed))
          log.error(
            { err: error, what },
            'something did not close in order: the rest is closed all the same',
          );
      }
    if (failed.length > 0) throw new NotClosed(failed);
  };
  let closing: Promise<void> | null = null;
  const close = () => {
    closing ??= closeAll();
    return closing;
  };
  try {
    const offered = await open((what, giveBack) => void opened.push({ what, close: giveBack }));
    return { ...offered, close };
  } catch (error) {
    await close().catch(() => {});
    throw error;
  }
}
