/** The part of pino's logger that the terminal uses. */
type Write = (fields: object, message: string) => void;
export type Log = { debug: Write; info: Write; warn: Write; error: Write };

const nothing: Write = () => {};
export const silentLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
