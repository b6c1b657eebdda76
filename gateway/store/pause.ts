/** Long work in pieces, so that votes are taken between them. */

/** So long at a time does it keep the event loop. */
const TURN_MS = 15;

/** Asked after each piece: after some of them others have their turn. */
export function createPause(): () => Promise<void> | void {
  let begun = performance.now();
  return () => {
    if (performance.now() - begun < TURN_MS) return;
    return new Promise((resolve) => {
      setImmediate(() => {
        begun = performance.now();
        resolve();
      });
    });
  };
}
