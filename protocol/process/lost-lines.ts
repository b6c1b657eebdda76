/** The line that says how many are missing before it, as pino would write it. */

const WARN = 40;

/** @param base what every line of this log says */
export const lostLines =
  (base: object) =>
  (lines: number): string =>
    `${JSON.stringify({
      level: WARN,
      time: Date.now(),
      ...base,
      code: 'log-lines-lost',
      lines,
      msg: 'lines of this log could not be written: a full disk, or a reader that did not read',
    })}\n`;
