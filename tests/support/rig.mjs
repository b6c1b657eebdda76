/** What a rig says and counts that runs its cases by itself, one after another, and how it ends: with its counts, at a signal, or when it takes too long. */

/** @param {number} timeoutMs */
export function beginRig(timeoutMs) {
  const started = performance.now();
  const count = { passed: 0, failed: 0 };
  const say = (/** @type {string} */ text) =>
    console.log(`[${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s] ${text}`);

  /** What it has started is ended in the handlers of `exit`. */
  const end = (/** @type {string | undefined} */ trouble = undefined) => {
    if (trouble) {
      count.failed += 1;
      say(`FAILED: ${trouble}`);
    }
    console.log(`${count.passed} passed, ${count.failed} failed`);
    process.exit(count.failed > 0 ? 1 : 0);
  };
  setTimeout(() => end(`not done after ${timeoutMs / 60_000} minutes`), timeoutMs).unref();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => end(signal));
  return { count, say, end };
}
