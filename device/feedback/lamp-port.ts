/** One output line. `set` may fail quietly by rejecting; the vote is safe either way. */
export type LampLine = { open(): Promise<void>; set(on: boolean): Promise<void>; close(): Promise<void> };
