const POLL_MS = 20;

/**
 * Waits until `check` gives something truthy, and gives that. A rejection of `check` ends the wait.
 * @template T
 * @param {string} what for the message when it does not happen in time
 * @param {() => T | Promise<T>} check
 * @param {{timeoutMs?: number, why?: () => string}} [options] `why`: what is known when time is up
 * @returns {Promise<Exclude<T, false | undefined | null | 0 | ''>>}
 */
export async function until(what, check, { timeoutMs = 20_000, why = () => '' } = {}) {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const found = await check();
    if (found) return /** @type {any} */ (found);
    if (performance.now() > end) throw new Error(`Not within ${timeoutMs / 1000} s: ${what}. ${why()}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
