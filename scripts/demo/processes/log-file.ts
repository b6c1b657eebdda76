import { openSync } from 'node:fs';
import { createSink, type Sink } from '../../../protocol/process/sink.ts';

/** Appends. A disk that fills up costs lines of it, and not the demo. @throws when it cannot be opened */
export function openLogFile(path: string): Sink {
  return createSink(openSync(path, 'a'), {
    sayLost: (lines) => `${JSON.stringify({ time: Date.now(), code: 'log-lines-lost', lines })}\n`,
  });
}
