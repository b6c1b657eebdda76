/**
 * Node's own streams to standard output and standard error, for programs that ask somebody something or answer him: what
 * they cannot write is not what ends them.
 */

/** @returns what the first failure of standard output was, later. EPIPE is none: the reader has had enough (`| head`). */
export function quietStreams(): { outputError(): NodeJS.ErrnoException | null } {
  let first: NodeJS.ErrnoException | null = null;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') first ??= error;
  });
  process.stderr.on('error', () => {});
  return { outputError: () => first };
}
